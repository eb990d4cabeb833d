"""prune_activity deletes in batches and refuses a number of days that is none."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activity_log.models import ActivityEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def days() -> None:
    """Entries of each of the last ten days, not in order."""
    now = timezone.now()
    ActivityEntry.objects.bulk_create(
        ActivityEntry(kind="changed", model="x", time=now - timedelta(days=days + 0.5))
        for days in (3, 1, 9, 0, *range(4, 9), 2)
    )


def test_works_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.querysets.BATCH_SIZE", 2)
    call_command("prune_activity", days=4)
    assert ActivityEntry.objects.count() == 4


@pytest.mark.parametrize("days", ["-1", "1000000000", "many"])
def test_says_what_is_wrong(days: str) -> None:
    with pytest.raises(CommandError, match=r"--days is|invalid int value"):
        call_command("prune_activity", "--days", days)


def test_only_says_how_many_when_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("prune_activity", days=4, dry_run=True)
    assert capsys.readouterr().out == "Activity entries that would be deleted: 6.\n"
    assert ActivityEntry.objects.count() == 10
