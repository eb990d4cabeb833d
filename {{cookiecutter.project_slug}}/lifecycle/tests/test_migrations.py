"""``migrate`` says what it is about to do, and unapplies nothing unless ``UNAPPLY_MIGRATIONS`` allows it."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations import Migration
from django.db.models.signals import post_migrate, pre_migrate
from pytest_django import Settings

pytestmark = pytest.mark.django_db

LIFECYCLE = apps.get_app_config("lifecycle")
FIRST, SECOND = Migration("0001_initial", "testing"), Migration("0002_product_weight", "testing")


def send_pre_migrate(*plan: tuple[Migration, bool]) -> str:
    """Send the signal as ``migrate`` does before it executes a plan, and return the output."""
    stdout = StringIO()
    pre_migrate.send(LIFECYCLE, app_config=LIFECYCLE, verbosity=1, stdout=stdout, using="default", plan=plan)
    return stdout.getvalue()


def test_one_line_sums_up_the_plan() -> None:
    written = send_pre_migrate((FIRST, False), (SECOND, False))
    assert written == "default: 2 migrations to apply (testing), none to unapply.\n"


def test_unapplying_is_announced_when_it_is_allowed(settings: Settings) -> None:
    settings.UNAPPLY_MIGRATIONS = True
    written = send_pre_migrate((SECOND, True))
    assert written == "default: none to apply, 1 migration to unapply (testing).\n"


def test_unapplying_is_refused_when_it_is_not_allowed(settings: Settings) -> None:
    settings.UNAPPLY_MIGRATIONS = False
    with pytest.raises(CommandError, match=r"would unapply .*contenttypes\.0002"):
        call_command("migrate", "contenttypes", "0001", verbosity=0)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="The limit is PostgreSQL's.")
def test_migrations_may_take_longer_than_other_statements(settings: Settings) -> None:
    settings.DATABASE_LIMITS = {"statement": 40}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '40s'")
        send_pre_migrate()
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
        post_migrate.send(LIFECYCLE, app_config=LIFECYCLE, verbosity=0, using="default")
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("40s",)
