"""Each new database connection gets its limits."""

import sys
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django import Settings

from lifecycle.limits import PRAGMAS

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is not SQLite.")


@pytest.fixture
def new_connection(db: None) -> Iterator[BaseDatabaseWrapper]:
    """One more connection to the database, opened on first use."""
    other = connection.copy()
    yield other
    BaseDatabaseWrapper.close(other)  # SQLite's own close() leaves a database in memory open


def ask(database: BaseDatabaseWrapper, sql: str) -> str:
    """The first value that a statement finds, as text."""
    with database.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


@on_sqlite
def test_sqlite_gets_its_pragmas(new_connection: BaseDatabaseWrapper) -> None:
    assert ask(new_connection, "PRAGMA cache_size") == PRAGMAS["cache_size"]


@on_sqlite
def test_a_pragma_in_init_command_is_kept(new_connection: BaseDatabaseWrapper) -> None:
    new_connection.settings_dict["OPTIONS"]["init_command"] = "PRAGMA cache_size = -500"
    assert ask(new_connection, "PRAGMA cache_size") == "-500"


@on_postgresql
def test_postgresql_gets_its_limits_and_a_name(
    new_connection: BaseDatabaseWrapper, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_LIMITS = {"statement": 40, "lock": 0.5}
    settings.APPLICATION_NAME = "shop"
    monkeypatch.setattr(sys, "argv", ["/srv/bin/gunicorn", "--password=secret"])
    assert ask(new_connection, "SHOW statement_timeout") == "40s"
    assert ask(new_connection, "SHOW lock_timeout") == "500ms"
    assert ask(new_connection, "SHOW application_name") == "shop gunicorn"


@on_postgresql
def test_a_limit_in_the_options_is_kept(new_connection: BaseDatabaseWrapper, settings: Settings) -> None:
    settings.DATABASE_LIMITS = {"lock": 5}
    new_connection.settings_dict["OPTIONS"]["options"] = "-c lock_timeout=2min"
    assert ask(new_connection, "SHOW lock_timeout") == "2min"
