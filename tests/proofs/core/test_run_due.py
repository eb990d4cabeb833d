"""``run_due`` runs each due command once, whoever starts it, and no failure stops the other commands."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from core.management.commands.run_due import claim
from core.models import ScheduledRun
from proofs.threads import run_at_once, run_in_processes

DAY = timedelta(days=1)

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
def test_of_two_at_once_one_claims_a_command_that_is_due_again() -> None:
    ScheduledRun.objects.create(command="prune", started_at=timezone.now() - 2 * DAY)
    assert sorted(run_at_once(partial(claim, "prune", DAY), partial(claim, "prune", DAY))) == [False, True]


@pytest.mark.django_db
def test_all_of_the_schedule_succeeds() -> None:
    call_command("run_due")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failure", ["no such command", "connection lost"])
def test_a_failure_stops_none_of_the_other_commands_and_waits_until_it_is_due_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    if failure == "connection lost" and connection.vendor != "postgresql":
        pytest.skip("SQLite has no connection to lose")

    def run(line: str, **options: object) -> None:
        ran.append(line)
        if line != "first":
            return
        if failure == "no such command":
            call_command("no_such_command")
        connection.cursor().execute("SELECT pg_terminate_backend(pg_backend_pid())")

    ran: list[str] = []
    monkeypatch.setattr("core.management.commands.run_due.call_command", run)
    settings.SCHEDULE = {"first": DAY, "second": DAY}
    with pytest.raises(CommandError, match=r"^Failed: first\. The log holds the tracebacks\.$"):
        call_command("run_due")
    assert "first failed." in caplog.text
    call_command("run_due")
    assert ran == ["first", "second"]
