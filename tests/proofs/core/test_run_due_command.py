"""``run_due`` and ``SCHEDULE``."""

import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.utils import timezone
from pytest_django import Settings

from core.management.commands import run_due
from proofs.threads import run_at_once

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands that ``run_due`` runs, which do nothing, but that ``fail`` fails."""
    ran: list[str] = []

    def run(*line: str, **options: object) -> None:
        ran.append(shlex.join(line))
        if line[0] == "fail":
            raise CommandError("no")

    monkeypatch.setattr(run_due, "call_command", run)
    return ran


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """``at(time)`` has ``run_due`` started at that time."""

    def at(time: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: time)
        call_command("run_due")

    return at


def test_every_command_of_the_schedule_is_there_and_takes_its_arguments() -> None:
    for line, every in site_settings.SCHEDULE.items():
        name, *arguments = shlex.split(line)
        command = load_command_class(get_commands()[name], name)
        command.create_parser("manage.py", name).parse_args(arguments)
        assert every >= MINUTE, "cron starts run_due no more often"


@pytest.mark.django_db
def test_all_of_the_schedule_succeeds() -> None:
    call_command("run_due")


@pytest.mark.django_db
def test_a_command_runs_at_once_and_then_when_it_is_due(
    settings: Settings, ran: list[str], at: Callable[[datetime], None]
) -> None:
    settings.SCHEDULE = {"prune --days 9": DAY}
    at(NOON)
    assert ran == ["prune --days 9"]
    at(NOON + DAY - MINUTE)
    assert len(ran) == 1
    at(NOON + DAY)
    assert len(ran) == 2
    at(NOON + DAY + MINUTE)
    assert len(ran) == 2


@pytest.mark.django_db
def test_what_is_due_every_minute_skips_none_because_cron_starts_a_little_early(
    settings: Settings, ran: list[str], at: Callable[[datetime], None]
) -> None:
    settings.SCHEDULE = {"announce": MINUTE}
    at(NOON + timedelta(seconds=2))
    at(NOON + timedelta(seconds=61))
    assert len(ran) == 2


@pytest.mark.django_db(transaction=True)
def test_a_command_that_fails_is_logged_and_stops_none_of_the_others(
    settings: Settings, ran: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    settings.SCHEDULE = {"first": DAY, "fail --days 9": DAY, "last": DAY}
    with pytest.raises(CommandError, match=r"^Failed: fail --days 9\. The log holds the tracebacks\.$"):
        call_command("run_due")
    assert ran == ["first", "fail --days 9", "last"]
    (record,) = caplog.records
    assert record.message == "fail --days 9 failed."
    assert record.exc_info
    call_command("run_due")
    assert len(ran) == 3, "not before it is due again"


@pytest.mark.django_db(transaction=True)
def test_a_command_that_does_not_exist_is_one_that_fails(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.SCHEDULE = {"no_such_command": DAY}
    with pytest.raises(CommandError, match="Failed: no_such_command"):
        call_command("run_due")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [False, True], ids=["never ran", "due again"])
def test_two_at_once_run_it_once(
    settings: Settings, ran: list[str], at: Callable[[datetime], None], before: bool
) -> None:
    settings.SCHEDULE = {"prune": DAY}
    if before:
        at(NOON - DAY)
        ran.clear()
    run_at_once(partial(at, NOON), partial(at, NOON))
    assert ran == ["prune"]
