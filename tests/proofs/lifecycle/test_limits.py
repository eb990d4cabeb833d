"""Every connection is told its limits and its name: on each alias, in each thread, whatever rolls back."""

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Event
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DataError, Error, OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker, Settings

from lifecycle import limits, signals
from pages.models import Tag
from proofs.threads import run_at_once
from testing.signals import muted

Opened = Callable[..., AbstractContextManager[BaseDatabaseWrapper]]

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is not SQLite.")


def ask(database: BaseDatabaseWrapper, sql: str) -> Any:
    """The first value that a statement finds."""
    with database.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def told(database: BaseDatabaseWrapper) -> list[str]:
    """What holds for a connection to PostgreSQL."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name")
    return [ask(database, f"SHOW {name}") for name in names]


@pytest.fixture(autouse=True)
def setting(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits and a name that are told apart."""
    settings.DATABASE_LIMITS = {"statement": 40, "lock": 0.5, "idle_transaction": 70}
    settings.APPLICATION_NAME = "reading-room"
    monkeypatch.setattr(sys, "argv", ["/srv/bin/gunicorn", "--bind=0.0.0.0", "config.wsgi"])


TOLD = ["40s", "500ms", "70s", "reading-room gunicorn"]


@on_postgresql
class TestPostgreSQL:
    @pytest.mark.django_db(transaction=True)
    def test_each_thread_has_its_own(self) -> None:
        assert run_at_once(*[lambda: told(connections["default"])] * 3) == [TOLD] * 3

    def test_every_alias(self, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
        connections.settings["second"] = connection.settings_dict
        with django_db_blocker.unblock():
            assert told(connections["second"]) == TOLD
            connections["second"].close()
        del connections["second"], connections.settings["second"]

    def test_a_rollback_does_not_undo_it(self, opened: Opened) -> None:
        with opened() as other:
            other.set_autocommit(False)
            ask(other, "SELECT 1")
            other.rollback()
            assert told(other) == TOLD

    def test_nor_where_each_statement_begins_a_transaction(self, opened: Opened) -> None:
        with opened(AUTOCOMMIT=False) as other:
            other.ensure_connection()
            other.rollback()
            assert told(other) == TOLD

    def test_what_is_set_already_stays(self, opened: Opened) -> None:
        options = {"options": "-c statement_timeout=5000 -c lock_timeout=2min", "application_name": "theirs"}
        with opened(OPTIONS=options) as other:
            assert told(other) == ["5s", "2min", "70s", "theirs"]

    def test_what_is_not_wanted_is_not_set(self, opened: Opened, settings: Settings) -> None:
        settings.DATABASE_LIMITS = {"lock": 3, "statement": 0}
        settings.APPLICATION_NAME = ""
        with opened() as other:
            assert told(other) == ["0", "3s", "0", ""]

    def test_nothing_wanted_is_no_statement(
        self, opened: Opened, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.DATABASE_LIMITS, settings.APPLICATION_NAME = {}, ""
        monkeypatch.setattr(limits, "SET_LIMITS", "no SQL")
        with opened() as other:
            assert told(other) == ["0", "0", "0", ""]

    @pytest.mark.parametrize(("setting", "error"), [({"lock": 10**9}, DataError), (None, AttributeError)])
    def test_a_connection_that_cannot_be_told_is_not_used(
        self, opened: Opened, settings: Settings, setting: Any, error: type[Exception]
    ) -> None:
        settings.DATABASE_LIMITS = setting
        with opened() as other:
            for _ in range(2):
                with pytest.raises(error):
                    ask(other, "SELECT 1")
                assert other.connection is None
            settings.DATABASE_LIMITS = {"lock": 3}
            assert told(other)[1] == "3s"

    def test_a_long_statement_is_ended(self, opened: Opened, settings: Settings) -> None:
        settings.DATABASE_LIMITS = {"statement": 0.05}
        with opened() as other:
            with pytest.raises(OperationalError, match="statement timeout"):
                ask(other, "SELECT pg_sleep(20)")
            assert ask(other, "SELECT 1") == 1

    def test_a_transaction_that_does_nothing_is_ended(self, opened: Opened, settings: Settings) -> None:
        settings.DATABASE_LIMITS = {"idle_transaction": 0.05}
        with opened() as other:
            other.set_autocommit(False)
            ask(other, "SELECT 1")
            time.sleep(0.5)
            with pytest.raises(Error):
                ask(other, "SELECT 1")

    @pytest.mark.django_db(transaction=True)
    def test_whoever_waits_for_a_lock_gives_up(self, settings: Settings) -> None:
        settings.DATABASE_LIMITS = {"lock": 0.05}
        tag = Tag.objects.create(name="A", slug="a")
        locked, waited = Event(), Event()

        def hold() -> None:
            with transaction.atomic():
                Tag.objects.select_for_update().get()
                locked.set()
                waited.wait(10)

        def wait() -> None:
            locked.wait(10)
            try:
                with pytest.raises(OperationalError, match="lock timeout"):
                    tag.save()
            finally:
                waited.set()

        run_at_once(hold, wait)


@on_postgresql
@pytest.mark.django_db
class TestMigrate:
    @pytest.fixture(autouse=True)
    def limited(self) -> None:
        """The connection of the test is told, as it is older than the settings of the test."""
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        limits.set_limits(connection)

    def migrate(self) -> None:
        call_command("migrate", verbosity=0)

    def test_takes_its_time_and_waits_for_no_lock(self) -> None:
        with muted(post_migrate, signals.settle_database):
            self.migrate()
        assert told(connection)[:2] == ["0", "500ms"]

    def test_leaves_a_limit_alone_that_is_not_the_sites(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 7000")
        with muted(post_migrate, signals.settle_database):
            self.migrate()
        assert told(connection)[0] == "7s"


@on_sqlite
class TestSQLite:
    def pragmas(self, database: BaseDatabaseWrapper) -> list[int]:
        return [ask(database, f"PRAGMA {name}") for name in ("temp_store", "cache_size", "journal_size_limit")]

    def test_a_new_connection_is_told(self, opened: Opened) -> None:
        with opened() as other:
            assert self.pragmas(other) == [2, -16000, 64 * 1024 * 1024]
            assert ask(other, "PRAGMA journal_mode") == "wal"

    @pytest.mark.django_db(transaction=True)
    def test_each_thread_has_its_own(self) -> None:
        expected = [2, -16000, 64 * 1024 * 1024]
        assert run_at_once(*[lambda: self.pragmas(connections["default"])] * 3) == [expected] * 3

    def test_in_memory_too(self, opened: Opened) -> None:
        with opened(NAME=":memory:") as other:
            assert self.pragmas(other)[:2] == [2, -16000]


@pytest.mark.django_db(databases=["default", "other"])
def test_another_alias_is_told_too(other_database: str) -> None:
    other = connections[other_database].copy()
    try:
        assert ask(other, "PRAGMA cache_size") == -16000
    finally:
        other.close()


def test_no_query_is_counted(opened: Opened) -> None:
    with opened() as other:
        with CaptureQueriesContext(other) as queries:
            other.close()
            other.ensure_connection()
        assert len(queries) == 0


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["/srv/bin/gunicorn", "config.wsgi"], "reading-room gunicorn"),
        (["manage.py", "seed_demo", "--verbosity=0"], "reading-room manage.py seed_demo"),
        (["./manage.py", "--version"], "reading-room manage.py"),
        (["manage.py"], "reading-room manage.py"),
        (["/srv/bin/daphne", "--port", "8001", "config.asgi:application"], "reading-room daphne"),
        (["/srv/lib/gunicorn/__main__.py", "config.wsgi"], "reading-room gunicorn"),
        (["-c", "secret"], "reading-room -c"),
        ([""], "reading-room"),
        (["/srv/bin/" + "ü" * 60], "reading-room " + "ü" * 25),
    ],
)
def test_the_name_is_the_sites_and_the_programs(monkeypatch: pytest.MonkeyPatch, argv: list[str], name: str) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    assert limits.application_name() == name
    assert len(name.encode()) <= 63


def test_limits_of_the_site_leave_its_own_work_time() -> None:
    """A receiver may take ten minutes in a transaction, and SQLite waits 20 seconds for a lock."""
    from config.settings import DATABASE_LIMITS

    assert DATABASE_LIMITS["idle_transaction"] > 660
    assert DATABASE_LIMITS["lock"] >= 20
