"""``run_due``: once in all, whoever starts it, and a connection that is lost costs one command."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from core.management.commands import run_due
from proofs.threads import run_in_processes

RUN = """
from datetime import timedelta
from django.conf import settings
from django.core.management import call_command
from core.management.commands import run_due

settings.SCHEDULE = {f"command_{number}": timedelta(days=1) for number in range(50)}
run_due.call_command = lambda line, **options: print(line)
call_command("run_due")
"""


@pytest.mark.django_db(transaction=True)
def test_four_processes_run_each_command_once() -> None:
    ran = "".join(run_in_processes(4, RUN)).split()
    assert len(ran) == 50
    assert len(set(ran)) == 50


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no connection to lose")
def test_a_command_that_loses_the_connection_stops_none_of_the_others(settings, monkeypatch) -> None:
    settings.SCHEDULE = {"first": run_due.timedelta(days=1), "second": run_due.timedelta(days=1)}
    ran = []

    def run(line: str, **options: object) -> None:
        ran.append(line)
        if line == "first":
            connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(run_due, "call_command", run)
    with pytest.raises(CommandError, match="Failed: first\\."):
        call_command("run_due")
    assert ran == ["first", "second"]
