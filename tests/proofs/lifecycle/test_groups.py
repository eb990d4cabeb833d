"""Groups are added once for each migrate, by several processes at once, in the right database, in two queries."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connection, connections
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from lifecycle import groups
from proofs.threads import run_at_once

WRITERS = {"pages.view_page", "pages.add_page"}


@pytest.fixture(autouse=True)
def setting(settings: Settings) -> None:
    """Two small groups."""
    settings.GROUPS = {"Writers": sorted(WRITERS), "Nobody": []}


def migrate(using: str = "default") -> None:
    call_command("migrate", database=using, verbosity=0)


def permissions(name: str, using: str = "default") -> set[str]:
    """What a group may."""
    group = Group.objects.using(using).get(name=name)
    rows = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{label}.{codename}" for label, codename in rows}


@pytest.mark.django_db
class TestMigrate:
    def test_asks_once_and_not_once_for_each_app(self) -> None:
        migrate()
        with CaptureQueriesContext(connection) as queries:
            migrate()
        assert len([query for query in queries if 'FROM "auth_group"' in query["sql"]]) == 1

    def test_permissions_that_django_would_make_later_are_made(self) -> None:
        ContentType.objects.all().delete()
        ContentType.objects.clear_cache()
        assert not Permission.objects.exists()
        try:
            groups.add_missing("default")
            assert permissions("Writers") == WRITERS
        finally:
            ContentType.objects.clear_cache()  # which holds the keys of rows that are rolled back

    def test_a_permission_that_no_model_has_is_passed_over(self, settings: Settings) -> None:
        settings.GROUPS = {"Odd": ["pages.ad_page", "nothing.view_page", "nonsense", "pages.view_page"]}
        migrate_unchecked = {"skip_checks": True, "verbosity": 0}
        call_command("migrate", **migrate_unchecked)
        assert permissions("Odd") == {"pages.view_page"}


@pytest.mark.django_db(databases=["default", "other"])
def test_the_database_that_was_migrated_gets_them_and_no_other(other_database: str) -> None:
    Group.objects.all().delete()
    Group.objects.using(other_database).all().delete()
    migrate(other_database)
    assert permissions("Writers", other_database) == WRITERS
    assert not Group.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_they_are_there_after_a_flush() -> None:
    Group.objects.all().delete()
    call_command("flush", interactive=False, verbosity=0)
    assert permissions("Writers") == WRITERS


@pytest.mark.django_db
def test_nothing_missing_is_two_queries() -> None:
    groups.add_missing("default")
    with CaptureQueriesContext(connection) as queries:
        groups.add_missing("default")
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT"]


@pytest.mark.django_db
def test_a_router_can_keep_them_out(settings: Settings) -> None:
    class Elsewhere:
        def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
            return False if app_label == "auth" else None

    Group.objects.all().delete()
    settings.DATABASE_ROUTERS = [Elsewhere()]
    with CaptureQueriesContext(connection) as queries:
        groups.add_missing("default")
    assert len(queries) == 0


def test_before_auth_is_migrated_nothing_is_done(empty_database: str) -> None:
    call_command("migrate", "contenttypes", database=empty_database, verbosity=0)
    assert "auth_group" not in connections[empty_database].introspection.table_names()


@pytest.mark.django_db(transaction=True)
def test_several_can_add_them_at_once() -> None:
    for _ in range(5):
        Group.objects.all().delete()
        run_at_once(*[partial(groups.add_missing, "default")] * 4)
        assert permissions("Writers") == WRITERS
        through: type[Model] = Group.permissions.through
        assert through._base_manager.filter(group__name="Writers").count() == len(WRITERS)


@pytest.mark.django_db
def test_all_add_them_in_the_same_order(settings: Settings) -> None:
    """Or they would wait for one another."""
    names = Permission.objects.values_list("content_type__app_label", "codename")
    settings.GROUPS = {"All": [f"{label}.{codename}" for label, codename in names]}
    groups.add_missing("default")
    through: type[Model] = Group.permissions.through
    links = through._base_manager.filter(group__name="All").order_by("pk").values_list("permission_id", flat=True)
    assert len(links) == len(names)
    assert list(links) == sorted(links)


def test_a_wrong_name_stops_migrate_with_its_line(
    empty_database: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.GROUPS = {"Editors": ["pages.ad_page"]}
    with pytest.raises(SystemExit) as end:
        Migrate().run_from_argv(["manage.py", "migrate", f"--database={empty_database}"])
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert """GROUPS has 'pages.ad_page' for "Editors", and there is no such permission.""" in error
    assert "Traceback" not in error
    assert connections[empty_database].introspection.table_names() == []


def test_nobody_becomes_a_superuser_by_the_groups_of_the_site() -> None:
    from config.settings import GROUPS

    given = {name for names in GROUPS.values() for name in names}
    assert not given & {"accounts.change_user", "auth.change_group", "auth.add_permission", "auth.change_permission"}
