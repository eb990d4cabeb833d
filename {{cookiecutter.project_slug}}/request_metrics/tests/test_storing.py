"""What was counted is added to what is stored, kept while it cannot be stored, and forgotten when it is old."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.models import Sum
from django.utils import timezone

from request_metrics import flushing
from request_metrics.buffer import SLOWEST, buffer
from request_metrics.flushing import background
from request_metrics.models import EVER, Failure, RequestCount, SlowRequest

pytestmark = pytest.mark.django_db

Stored = Callable[..., None]


def total() -> int:
    """How many requests are stored."""
    return RequestCount.objects.filter(hour=EVER).aggregate(Sum("count"))["count__sum"] or 0


def test_counts_are_added_to_those_of_the_hour_and_of_all_time(stored: Stored) -> None:
    stored("/plain", "/plain")
    stored("/plain")
    this_hour = RequestCount.objects.exclude(hour=EVER)
    assert this_hour.aggregate(Sum("count"))["count__sum"] == total() == 3


def test_a_failure_that_recurs_is_one_row(stored: Stored) -> None:
    stored("/failing")
    stored("/failing", "/failing")
    failure = Failure.objects.get()
    assert failure.count == 3
    assert failure.first_at < failure.last_at


def test_the_slowest_requests_of_an_hour_are_kept() -> None:
    for seconds in range(SLOWEST + 5):
        buffer.add("plain", 2, seconds)
        background.flush()
    assert sorted(SlowRequest.objects.values_list("seconds", flat=True)) == list(range(5, SLOWEST + 5))


def test_nothing_is_lost_while_the_database_is_down(
    stored: Stored, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(batch: object) -> None:
        raise OperationalError

    with monkeypatch.context() as while_down:
        while_down.setattr(flushing, "store", down)
        for _ in range(2):
            buffer.add("plain", 2, 0.1)
            background.flush_or_log()
    background.flush_or_log()
    assert total() == 2
    assert caplog.text.count("Requests cannot be stored.") == 1


def test_pruning_deletes_what_is_old_but_not_the_totals(stored: Stored) -> None:
    stored("/plain", "/failing")
    long_ago = timezone.now() - timedelta(days=40)
    RequestCount.objects.exclude(hour=EVER).update(hour=long_ago)
    SlowRequest.objects.update(time=long_ago)
    Failure.objects.update(last_at=long_ago)
    stored("/plain")
    call_command("prune_requests", "--days", "30", verbosity=0)
    assert total() == 3
    assert RequestCount.objects.exclude(hour=EVER).get().count == 1
    assert SlowRequest.objects.count() == 1
    assert not Failure.objects.exists()
