"""``prune_notifications`` works in batches, shows its progress, and refuses absurd arguments."""

import io
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from tqdm import tqdm

from accounts.models import User
from core import pruning
from notifications.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def days(user: User) -> None:
    """Read on each of the last ten days, not in order; and one that is old and was not read."""
    now = timezone.now()
    Notification.objects.bulk_create(
        Notification(user=user, kind="x", text="x", key=str(days), read_at=now - timedelta(days=days + 0.5))
        for days in (3, 1, 9, 0, *range(4, 9), 2)
    )
    Notification.objects.create(user=user, kind="x", text="x", key="unread", created_at=now - timedelta(days=900))


def test_deletes_what_was_written_while_its_user_was_deleted(user: User) -> None:
    Notification.objects.create(user_id=user.pk + 1, kind="x", text="x", key="x")
    call_command("prune_notifications", days=40)
    assert not Notification.objects.filter(key="x").exists()
    assert Notification.objects.count() == 11


def test_only_says_how_many_when_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prune_notifications", days=4, dry_run=True)
    assert capsys.readouterr().out == "Notifications that would be deleted: 6.\n"
    assert Notification.objects.count() == 11


def test_works_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.querysets.BATCH_SIZE", 2)
    call_command("prune_notifications", days=4)
    assert Notification.objects.count() == 5


def test_shows_a_bar_only_where_somebody_watches(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("prune_notifications", days=8)
    assert capsys.readouterr().err == ""
    screen = io.StringIO()
    monkeypatch.setattr(pruning, "tqdm", partial(tqdm, file=screen))
    monkeypatch.setattr(screen, "isatty", lambda: True)
    call_command("prune_notifications", days=4)
    assert "4/4" in screen.getvalue()


@pytest.mark.parametrize("days", ["-1", "1000000000", "many"])
def test_says_what_is_wrong(days: str) -> None:
    with pytest.raises(CommandError, match=r"--days is|invalid int value"):
        call_command("prune_notifications", "--days", days)
