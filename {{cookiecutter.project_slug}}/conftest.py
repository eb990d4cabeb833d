"""Fixtures for the tests of all apps."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.dispatch import Signal
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker, Settings

from core import testing
from core.dispatch import delivery
from core.smtp import MailServer, direct_mail_to

# These tests use a file: in memory, SQLite lets no two threads write, whatever they are ready to wait.
if connection.vendor == "sqlite":
    connection.settings_dict["TEST"]["NAME"] = settings.BASE_DIR / "test.sqlite3"

# An app that is not installed is not tested.
collect_ignore = [
    app.parent.name for app in settings.BASE_DIR.glob("*/apps.py") if app.parent.name not in settings.INSTALLED_APPS
]


@pytest.fixture(autouse=True)
def fast_passwords(settings: Settings) -> None:
    """Hash passwords quickly, not safely."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def own_cache_keys(settings: Settings) -> None:
    """Keep each test's cache to itself: a server may be shared, and remembers what earlier tests have left."""
    settings.CACHES = {alias: cache | {"KEY_PREFIX": str(uuid4())} for alias, cache in settings.CACHES.items()}


@pytest.fixture
def muted() -> Iterator[Callable[..., None]]:
    """``muted(signal, receiver=None, sender=None)`` mutes until the test ends: see ``core.testing.muted``."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(testing.muted(*args, **kwargs))


@pytest.fixture
def captured() -> Iterator[Callable[..., list[testing.Send]]]:
    """``captured(signal, sender=None)`` lists what is sent until the test ends: see ``core.testing.captured``."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(testing.captured(*args, **kwargs))


@pytest.fixture
def wrapping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers are wrapped where Django looks them up, as by an APM."""
    found = Signal._live_receivers

    def wrapped(receiver: Any) -> Any:
        if iscoroutinefunction(receiver):

            async def run(**kwargs: Any) -> Any:
                return await receiver(**kwargs)

            return run
        return lambda **kwargs: receiver(**kwargs)

    def live_receivers(signal: Signal, sender: Any) -> tuple[list[Any], ...]:
        return tuple([wrapped(receiver) for receiver in receivers] for receivers in found(signal, sender))

    monkeypatch.setattr(Signal, "_live_receivers", live_receivers)


@pytest.fixture
def delivered(django_capture_on_commit_callbacks: Any) -> Callable[[], AbstractContextManager[None]]:
    """``with delivered():`` what is done in the block is as if committed, and what it sends has reached its receivers.

    As far as one can have that within the transaction of a test: a receiver that fails for good is not told.
    """

    @contextmanager
    def delivered() -> Iterator[None]:
        with django_capture_on_commit_callbacks(execute=True):
            yield
        with django_capture_on_commit_callbacks(execute=True):
            delivery().flush("default")

    return delivered


@pytest.fixture
def smtp(settings: Settings) -> Iterator[MailServer]:
    """A mail server that the site's mail goes to."""
    server = MailServer()
    direct_mail_to(server.port, settings, timeout=2)
    settings.DEFAULT_FROM_EMAIL = "site@example.com"
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # every line of every conversation
    server.start()
    yield server
    server.stop()


@pytest.fixture
def staff(client: Client) -> Callable[..., Client]:
    """``staff(*permissions)``: a client of a member of staff who has them."""
    from django.contrib.auth.models import Permission

    from accounts.models import User

    def staff(*permissions: str) -> Client:
        member = User.objects.create_user("staff@example.com", is_staff=True)
        member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(member)
        return client

    return staff


@pytest.fixture
def plans() -> Callable[..., list[str]]:
    """``plans(client, url, table)``: how PostgreSQL would execute a page's queries of a table, were it full."""

    def plans(client: Client, url: str, table: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        found = []
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            for query in queries:
                if f'FROM "{table}"' in query["sql"]:
                    cursor.execute(f"EXPLAIN {query['sql']}")
                    found.append("\n".join(line for (line,) in cursor.fetchall()))
        return found

    return plans


@pytest.fixture(scope="session")
def other_database(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The alias of a second, migrated database. For tests with ``django_db(databases=["default", "other"])``."""
    file = tmp_path_factory.mktemp("database") / "other.sqlite3"
    databases = {"default": {}, "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": file}}
    connections.settings["other"] = connections.configure_settings(databases)["other"]
    with django_db_blocker.unblock():
        call_command("migrate", database="other", run_syncdb=True, verbosity=0)  # syncdb: for --no-migrations
    yield "other"
    connections["other"].close()
    del connections["other"], connections.settings["other"]
