"""A refused migrate has changed nothing, and ends with one line."""

import os
import runpy
from io import StringIO
from unittest.mock import patch

import pytest
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings


def migrate(*target: str, verbosity: int = 1) -> str:
    """Migrate the empty database, and return what was written."""
    stdout = StringIO()
    call_command("migrate", *target, database="empty", verbosity=verbosity, stdout=stdout)
    return stdout.getvalue()


def state() -> tuple[set[str], list[str]]:
    """Which migrations of ``contenttypes`` the database has, and which columns."""
    connection = connections["empty"]
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "django_content_type")
    applied = MigrationRecorder(connection).applied_migrations()
    return {name for _, name in applied}, sorted(column.name for column in columns)


@pytest.fixture
def migrated(empty_database: str) -> None:
    """Two migrations are applied."""
    migrate("contenttypes", verbosity=0)


class TestSummary:
    def test_of_several_apps(self, migrated: None) -> None:
        written = migrate("accounts")
        line = next(line for line in written.splitlines() if line.startswith("empty: "))
        assert line.endswith(" migrations to apply (auth, accounts), none to unapply.")

    def test_none_where_nothing_is_done(self, migrated: None) -> None:
        assert "empty: " not in migrate("contenttypes")

    def test_none_if_it_is_to_be_quiet(self, empty_database: str) -> None:
        assert migrate("contenttypes", verbosity=0) == ""


class TestUnapplying:
    def test_is_refused_and_nothing_was_changed(self, migrated: None, settings: Settings) -> None:
        settings.UNAPPLY_MIGRATIONS = False
        before = state()
        with pytest.raises(CommandError) as refusal:
            migrate("contenttypes", "0001")
        assert str(refusal.value) == (
            'This would unapply contenttypes.0002_remove_content_type_name in the database "empty", and what they have'
            " added would be lost. Nothing was changed. If it is meant, set UNAPPLY_MIGRATIONS=true for this one"
            " command."
        )
        assert state() == before
        assert len(before[0]) == 2

    def test_is_done_where_it_is_allowed(self, migrated: None, settings: Settings) -> None:
        settings.UNAPPLY_MIGRATIONS = True
        migrate("contenttypes", "0001")
        assert state() == ({"0001_initial"}, ["app_label", "id", "model", "name"])

    @pytest.mark.parametrize(
        ("environment", "allowed"),
        [
            ({}, False),
            ({"UNAPPLY_MIGRATIONS": "true"}, True),
            ({"DEBUG": "true"}, True),
            ({"DEBUG": "true", "UNAPPLY_MIGRATIONS": "false"}, False),
        ],
    )
    def test_is_allowed_in_development_and_where_the_environment_says_so(
        self, environment: dict[str, str], allowed: bool
    ) -> None:
        production = {"SECRET_KEY": "x" * 60, "DATABASE_URL": "sqlite:///db.sqlite3", "ALLOWED_HOSTS": "example.com"}
        production |= {"EMAIL_URL": "smtp://localhost", "ENV_FILE": ""}
        with patch.dict(os.environ, production | environment, clear=True):
            loaded = runpy.run_path(str(site_settings.BASE_DIR / "config" / "settings.py"))
        assert loaded["UNAPPLY_MIGRATIONS"] is allowed


def test_a_refusal_ends_the_command_with_one_line(
    migrated: None, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.UNAPPLY_MIGRATIONS = False
    with pytest.raises(SystemExit) as end:
        Migrate().run_from_argv(["manage.py", "migrate", "contenttypes", "0001", "--database=empty", "--verbosity=0"])
    assert end.value.code == 1
    output, error = capsys.readouterr()
    assert error.startswith("CommandError: This would unapply contenttypes.0002_remove_content_type_name in")
    assert (output, error.count("\n")) == ("", 1)
