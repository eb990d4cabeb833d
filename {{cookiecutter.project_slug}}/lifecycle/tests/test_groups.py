"""After each ``migrate``, the groups in ``GROUPS`` exist and have at least their permissions."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from lifecycle import groups

pytestmark = pytest.mark.django_db


def migrate() -> None:
    """Send the signal as ``migrate`` does when it is done; the command itself is slow."""
    lifecycle = apps.get_app_config("lifecycle")
    post_migrate.send(lifecycle, app_config=lifecycle, verbosity=0, using="default")


def permissions(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def test_a_missing_group_is_added() -> None:
    Group.objects.all().delete()
    migrate()
    assert permissions("Stock keepers") == {"view_product", "change_product"}


def test_a_missing_permission_is_added() -> None:
    Group.objects.get(name="Stock keepers").permissions.clear()
    migrate()
    assert permissions("Stock keepers") == {"view_product", "change_product"}


def test_manual_additions_are_kept() -> None:
    Group.objects.create(name="Auditors")
    Group.objects.get(name="Stock keepers").permissions.add(Permission.objects.get(codename="delete_product"))
    migrate()
    assert permissions("Stock keepers") == {"view_product", "change_product", "delete_product"}
    assert permissions("Auditors") == set()


def test_nothing_is_written_when_nothing_is_missing() -> None:
    groups.add_missing("default")
    with CaptureQueriesContext(connection) as queries:
        groups.add_missing("default")
    assert not [query["sql"] for query in queries if not query["sql"].startswith("SELECT")]


def test_an_overridden_setting_takes_effect_at_once(settings: Settings) -> None:
    migrate()
    settings.GROUPS = {"Sellers": ["testing.view_product"]}
    migrate()
    assert permissions("Sellers") == {"view_product"}
