"""Many processes add to the same rows and lose nothing, in a fixed number of statements."""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from proofs.threads import run_at_once, run_in_processes
from request_metrics.buffer import SLOWEST, Batch, CountKey, Ended, FailureKey, Seen
from request_metrics.models import EVER, Failure, RequestCount, SlowRequest
from request_metrics.storage import store

HOUR = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBER = int(HOUR.timestamp()) // 3600


def batch_of(*routes: str, seconds: float = 0.5, hour: int = NUMBER) -> Batch:
    """One request of each route, one failure of each, and one slow request of each."""
    batch = Batch()
    for route in routes:
        batch.count(CountKey(hour, route, 2, 500), 1, seconds, seconds)
        batch.count_failure(FailureKey("E", "place", route), Seen(1, hour * 3600, hour * 3600 + seconds))
        batch.slow.append(Ended(hour * 3600 + 1, route, 2, seconds))
    return batch


@pytest.mark.django_db
class TestStore:
    def test_adds_to_what_is_there(self) -> None:
        store(batch_of("a", "b", seconds=0.5))
        store(batch_of("b", seconds=0.25))
        store(batch_of("b", seconds=1, hour=NUMBER + 1))
        rows = RequestCount.objects.order_by("hour", "route").values_list(
            "hour", "route", "status", "up_to", "count", "seconds", "slowest"
        )
        assert list(rows) == [
            (EVER, "a", 2, 500, 1, 0.5, 0.5),
            (EVER, "b", 2, 500, 3, 1.75, 1),
            (HOUR, "a", 2, 500, 1, 0.5, 0.5),
            (HOUR, "b", 2, 500, 2, 0.75, 0.5),
            (HOUR + timedelta(hours=1), "b", 2, 500, 1, 1, 1),
        ]

    def test_costs_as_many_statements_whatever_there_is_to_store(self) -> None:
        for size in (1, 100):
            with CaptureQueriesContext(connection) as queries:
                store(batch_of(*map(str, range(size))))
            commands = [query["sql"].split("times: ")[-1].split()[0] for query in queries]
            expected = ["SAVEPOINT", "INSERT", "INSERT", "INSERT", "SELECT", "DELETE", "RELEASE"]
            assert commands == [each for each in expected if size > 1 or each != "DELETE"]

    def test_all_of_a_batch_is_stored_or_nothing(self) -> None:
        batch = batch_of("a")
        broken: Any = "no number"
        batch.slow.append(Ended(NUMBER * 3600, "a", broken, 1))
        with pytest.raises(ValueError, match="no number"):
            store(batch)
        assert not RequestCount.objects.exists()
        assert not Failure.objects.exists()

    def test_a_failure_keeps_its_first_and_last_time(self) -> None:
        for hour in (NUMBER, NUMBER - 2, NUMBER + 2, NUMBER - 1):
            store(batch_of("a", hour=hour, seconds=1))
        failure = Failure.objects.get()
        assert failure.count == 4
        assert failure.first_at == HOUR - timedelta(hours=2)
        assert failure.last_at == HOUR + timedelta(hours=2, seconds=1)

    def test_of_each_hour_the_slowest_are_kept(self) -> None:
        store(batch_of("other hour", hour=NUMBER - 1))
        for number in range(SLOWEST + 5):
            store(batch_of(f"route {number}", seconds=number))
        kept = SlowRequest.objects.filter(time__gte=HOUR).values_list("seconds", flat=True)
        assert sorted(kept) == list(range(5, SLOWEST + 5))
        assert SlowRequest.objects.filter(route="other hour").exists()

    def test_of_counts_alone_it_is_one(self) -> None:
        batch = Batch()
        batch.count(CountKey(NUMBER, "a", 2, 5), 1, 0.001, 0.001)
        with CaptureQueriesContext(connection) as queries:
            store(batch)
        assert len(queries) == 3  # with SAVEPOINT and RELEASE


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def sums(self) -> dict[str, tuple[int, float]]:
        rows = RequestCount.objects.exclude(hour=EVER).values_list("route", "count", "seconds")
        ever = RequestCount.objects.filter(hour=EVER).values_list("route", "count", "seconds")
        assert sorted(rows) == sorted(ever)
        return {route: (count, seconds) for route, count, seconds in rows}

    def test_threads_lose_nothing(self) -> None:
        forth, back = batch_of("a", "b", "c"), batch_of("c", "b", "a")

        def repeatedly(batch: Batch) -> None:
            for _ in range(10):
                store(batch)

        run_at_once(*[partial(repeatedly, batch) for batch in [forth, back] * 3])
        assert self.sums() == dict.fromkeys("abc", (60, 30))
        assert set(Failure.objects.values_list("count", flat=True)) == {60}
        assert SlowRequest.objects.count() == SLOWEST

    @pytest.mark.skipif(sys.platform == "win32", reason="No process is forked there.")
    def test_a_process_that_is_forked_begins_with_nothing_and_both_lose_nothing(self) -> None:
        code = """
import os
from request_metrics.buffer import buffer
from request_metrics.flushing import background

buffer.add("parent", 2, 0.25)
background.thread = "parent's"
with buffer._lock, background._flushing:
    child = os.fork()
for _ in range(10):
    for route in "abc":
        buffer.add(route, 2, 0.25)
        buffer.add_failure("E", "place", route)
    background.flush()
if not child:
    print(background.thread, flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
        assert run_in_processes(1, code) == ["None\n"]
        found: dict[str, int] = {}
        for row in RequestCount.objects.exclude(hour=EVER):
            found[row.route] = found.get(row.route, 0) + row.count
        assert found == {"parent": 1, "a": 20, "b": 20, "c": 20}
        assert set(Failure.objects.values_list("count", flat=True)) == {20}
