"""``unblock`` lifts lockouts; ``prune_login_events`` deletes what is old."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from auth_tracking.models import LoginAttempt, LoginEvent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--user", "ADA@example.com"], 200),
        (["--ip", "203.0.113.7"], 200),
        (["--all"], 200),
        (["--user", "bob@example.com"], 429),
    ],
)
def test_unblock_lifts_a_lockout(
    locked_out: None, sign_in: Callable[..., Any], arguments: list[str], status: int
) -> None:
    call_command("unblock", *arguments)

    assert sign_in("wrong").status_code == status


@pytest.mark.parametrize(("days", "left"), [(2, [3, 4]), (0, [4])])
def test_prune_keeps_recent_events_and_the_last_sign_in(user: User, days: int, left: list[int]) -> None:
    for number in (1, 2, 3, 4):
        time = timezone.now() - timedelta(days=5 - number, hours=-1)
        LoginEvent.objects.create(kind="signed_in", user=user, number=number, time=time)
    LoginEvent.objects.create(kind="failed", user=user, time=timezone.now() - timedelta(days=3))
    call_command("prune_login_events", days=days)

    assert list(LoginEvent.objects.order_by("pk").values_list("number", flat=True)) == left


def test_prune_deletes_attempts_that_no_longer_count(locked_out: None, user: User, settings: Settings) -> None:
    oldest = LoginAttempt.objects.earliest("time")
    LoginAttempt.objects.exclude(pk=oldest.pk).update(time=F("time") - settings.LOCKOUT_WINDOW)
    call_command("prune_login_events", days=90)

    assert LoginAttempt.objects.get() == oldest
