"""``prune_activity``."""

import io
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from tqdm import tqdm

from activity_log.models import ActivityEntry
from core import pruning

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def days() -> None:
    """Entries of each of the last ten days, not in order."""
    now = timezone.now()
    ActivityEntry.objects.bulk_create(
        ActivityEntry(kind="changed", model="x", time=now - timedelta(days=days + 0.5))
        for days in (3, 1, 9, 0, *range(4, 9), 2)
    )


def test_deletes_what_is_older(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prune_activity", days=4)
    assert capsys.readouterr().out == "Activity entries deleted: 6.\n"
    oldest = ActivityEntry.objects.order_by("time")[0]
    assert timezone.now() - oldest.time < timedelta(days=4)
    assert ActivityEntry.objects.count() == 4


def test_only_says_how_many_when_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prune_activity", days=4, dry_run=True)
    assert capsys.readouterr().out == "Activity entries that would be deleted: 6.\n"
    assert ActivityEntry.objects.count() == 10


def test_works_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.querysets.BATCH_SIZE", 2)
    call_command("prune_activity", days=4)
    assert ActivityEntry.objects.count() == 4


def test_shows_no_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prune_activity", days=4)
    assert capsys.readouterr().err == ""


def test_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(pruning, "tqdm", partial(tqdm, file=screen))
    monkeypatch.setattr(screen, "isatty", lambda: True)
    call_command("prune_activity", days=4)
    assert "6/6" in screen.getvalue()


@pytest.mark.parametrize("days", ["-1", "1000000000", "many"])
def test_says_what_is_wrong(days: str) -> None:
    with pytest.raises(CommandError, match=r"--days is|invalid int value"):
        call_command("prune_activity", "--days", days)
