"""Fixtures for proofs, beside those of the site's own tests."""

import logging
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.conf import settings as site_settings
from django.core.management import call_command
from django.db import connection, connections
from django.dispatch import Signal
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker, Settings

from proofs.smtp import MailServer, direct_mail_to

# A file: in memory, SQLite lets no two threads write, whatever they are ready to wait.
if connection.vendor == "sqlite":
    connection.settings_dict["TEST"]["NAME"] = site_settings.BASE_DIR / "test.sqlite3"

# What is there only with another feature, too.
NEEDS = {
    "notifications/test_followed_pages.py": "subscriptions",
    "notifications/test_new_devices.py": "auth_tracking",
    "outbox/test_tasks.py": "config.celery",
}
collect_ignore = [path for path, module in NEEDS.items() if find_spec(module) is None]


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


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say of each promise whether it is kept: by the proofs that ran, unless all were skipped."""
    outcomes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            module = report.nodeid.partition("::")[0].removeprefix("proofs/")
            outcomes[module]["broken" if outcome in ("failed", "error") else outcome].append(report.nodeid)
    promises = tomllib.loads(Path(__file__).with_name("promises.toml").read_text(encoding="utf-8"))
    for subject, by_promise in promises.items():
        lines = []
        for promise, modules in by_promise.items():
            found = [outcomes[module] for module in modules if module in outcomes]
            broken = sorted({nodeid for each in found for nodeid in each["broken"]})
            if broken:
                lines += [f"  BROKEN   {promise}", *(f"             {nodeid}" for nodeid in broken)]
            elif any(each["passed"] for each in found):
                lines.append(f"  kept     {promise}")
            elif found:
                lines.append(f"  skipped  {promise}")
        if lines:
            terminalreporter.write_line("\n".join([subject, *lines]))
