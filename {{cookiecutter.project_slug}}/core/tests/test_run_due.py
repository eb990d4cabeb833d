"""``SCHEDULE``, and ``run_due``, which runs it."""

import shlex
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.utils import timezone
from pytest_django import Settings

from core.management.commands import run_due

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def test_the_schedule_names_commands_that_exist(settings: Settings) -> None:
    for line in settings.SCHEDULE:
        name, *arguments = shlex.split(line)
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(arguments)


@pytest.mark.parametrize(
    ("every", "times"),
    [
        (DAY, [(NOON, True), (NOON + DAY - MINUTE, False), (NOON + DAY, True), (NOON + DAY + MINUTE, False)]),
        (MINUTE, [(NOON + timedelta(seconds=2), True), (NOON + timedelta(seconds=61), True)]),  # cron is early
    ],
    ids=["every day", "every minute"],
)
def test_a_command_is_due_at_once_and_then_each_time(
    monkeypatch: pytest.MonkeyPatch, every: timedelta, times: list[tuple[datetime, bool]]
) -> None:
    for time, due in times:
        monkeypatch.setattr(timezone, "now", lambda time=time: time)
        assert run_due.claim("prune --days 9", every) is due


def test_a_failing_command_is_logged_and_the_others_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def run(name: str, **options: object) -> None:
        ran.append(name)
        if name == "first":
            raise CommandError("out of order")

    ran: list[str] = []
    monkeypatch.setattr(run_due, "call_command", run)
    monkeypatch.setattr(run_due, "close_old_connections", lambda: None)  # the test needs its own
    settings.SCHEDULE = {"first": DAY, "second": DAY}
    with pytest.raises(CommandError, match=r"^Failed: first\."):
        call_command("run_due")
    assert ran == ["first", "second"]
    assert "CommandError: out of order" in caplog.text
