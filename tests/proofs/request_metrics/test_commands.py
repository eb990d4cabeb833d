"""``prune_requests`` deletes what is old, and what Prometheus counts never goes down."""

import io
import time

import pytest
from django.core.management import CommandError, call_command

from request_metrics import buffer as module
from request_metrics.buffer import buffer
from request_metrics.flushing import background
from request_metrics.models import EVER, Failure, RequestCount, SlowRequest
from request_metrics.prometheus import exposition

pytestmark = pytest.mark.django_db

DAY = 24 * 60 * 60


def prune(*arguments: str) -> str:
    output = io.StringIO()
    call_command("prune_requests", *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture(autouse=True)
def five_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request and a failure of each of the last five days."""
    now = time.time()
    for day in range(5):
        with monkeypatch.context() as patch:
            patch.setattr(module, "time", lambda day=day: now - (day + 0.5) * DAY)
            buffer.add("a", 2, 0.001)
            buffer.add_failure("E", f"day {day}", "a")
        background.flush()


def test_what_is_older_goes_and_what_counts_all_stays() -> None:
    before = [line for line in exposition().splitlines() if line.startswith("http")]
    assert prune("--days", "3") == "Counts deleted: 2.\nSlow requests deleted: 2.\nFailures deleted: 2.\n"
    assert RequestCount.objects.exclude(hour=EVER).count() == 3
    assert SlowRequest.objects.count() == 3
    assert sorted(Failure.objects.values_list("place", flat=True)) == ["day 0", "day 1", "day 2"]
    assert [line for line in exposition().splitlines() if line.startswith("http")] == before


def test_dry_it_only_says_so() -> None:
    text = prune("--days", "3", "--dry-run")
    assert text.startswith("Counts that would be deleted: 2.\n")
    assert RequestCount.objects.count() == 6


def test_it_says_what_is_wrong() -> None:
    with pytest.raises(CommandError, match="--days is -1"):
        prune("--days", "-1")
