"""Threads and the garbage collector may count at any moment: no request is lost, and memory stays small."""

import gc
from collections import Counter
from typing import Any

import pytest

from proofs.threads import run_at_once
from request_metrics import buffer as module
from request_metrics.buffer import LIMITS, LONGER, OTHER, Batch, Buffer, CountKey, FailureKey, storable

HOUR = 3600.0


@pytest.fixture
def buffer(monkeypatch: pytest.MonkeyPatch) -> Buffer:
    """One whose clock stands at the beginning of the third hour."""
    monkeypatch.setattr(module, "time", lambda: 2 * HOUR)
    return Buffer()


def test_counts_by_hour_route_status_and_time(buffer: Buffer) -> None:
    for seconds in (0.001, 0.005, 0.0051, 20):
        buffer.add("pages:home", 2, seconds)
    buffer.add("pages:home", 4, 0)
    counts = buffer.take().counts
    assert {tuple(key): sums.count for key, sums in counts.items()} == {
        (2, "pages:home", 2, 5): 2,
        (2, "pages:home", 2, 10): 1,
        (2, "pages:home", 2, LONGER): 1,
        (2, "pages:home", 4, 5): 1,
    }
    assert counts[CountKey(2, "pages:home", 2, 5)].seconds == 0.006
    assert counts[CountKey(2, "pages:home", 2, 5)].slowest == 0.005


def test_threads_lose_nothing(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNCOUNTED", 10)
    taken: list[Batch] = []

    def add() -> None:
        for _ in range(2000):
            buffer.add("a", 2, 0.001)

    def take() -> None:
        for _ in range(200):
            batch = buffer.take()
            if len(taken) % 2:
                taken.append(batch)
            else:
                buffer.put_back(batch)
                taken.append(Batch())

    run_at_once(add, add, add, take, take)
    taken.append(buffer.take())
    assert sum(sums.count for batch in taken for sums in batch.counts.values()) == 6000


def test_requests_that_nobody_stores_do_not_pile_up(buffer: Buffer) -> None:
    for _ in range(module.UNCOUNTED * 3):
        buffer.add("a", 2, 0.001)
    assert len(buffer._ended) < module.UNCOUNTED
    for _ in range(module.UNCOUNTED * 3):
        buffer.add_failure("E", "place", "a")
    assert len(buffer._failed) < module.UNCOUNTED
    batch = buffer.take()
    assert [sums.count for sums in batch.counts.values()] == [module.UNCOUNTED * 3]
    assert [seen.count for seen in batch.failures.values()] == [module.UNCOUNTED * 3]


def test_it_stays_small_whatever_comes(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEYS", 5)
    for number in range(100):
        buffer.add(f"route-{number}", 2, number)
        buffer.add_failure("E", f"place-{number}", "a")
        buffer.put_back(buffer.take())
    batch = buffer.take()
    routes: Counter[str] = Counter()
    for key, sums in batch.counts.items():
        routes[key.route] += sums.count
    assert routes[OTHER] == 95
    assert len(batch.counts) <= 5 + len(LIMITS) + 1
    assert batch.failures[FailureKey(OTHER, OTHER, OTHER)].count == 95
    assert len(batch.failures) == 6
    assert len(batch.slow) == 5


def test_the_garbage_collector_may_count_at_any_point(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    class Forgotten:
        """Something in a cycle that counts a request when it is collected, as a forgotten response may."""

        def __init__(self) -> None:
            self.me: Any = self

        def __del__(self) -> None:
            buffer.add("forgotten", 2, 0)

    class Collecting(dict[CountKey, Any]):
        """Where adding to it, which is done under the lock, has the garbage collected."""

        def setdefault(self, key: CountKey, default: Any = None) -> Any:
            if key.route == "a":
                Forgotten()
                gc.collect()
            return super().setdefault(key, default)

    monkeypatch.setattr(module, "UNCOUNTED", 1)
    buffer._batch.counts = Collecting()
    buffer.add("a", 2, 0)
    found: Counter[str] = Counter()
    for key, sums in buffer.take().counts.items():
        found[key.route] += sums.count
    assert found == {"a": 1, "forgotten": 1}


def test_text_is_cut_to_what_can_be_stored(buffer: Buffer) -> None:
    assert storable("a\0b\ud800" + "é" * 300) == "ab?" + "é" * 197
    buffer.add("\0" * 300 + "a", 2, 0)
    buffer.add_failure("\0a", "\0b", "\0c")
    batch = buffer.take()
    assert [key.route for key in batch.counts] == ["a"]
    assert [tuple(key) for key in batch.failures] == [("a", "b", "c")]


def test_what_is_taken_is_gone_and_what_is_put_back_is_there(buffer: Buffer) -> None:
    buffer.add("a", 2, 1)
    buffer.add_failure("E", "place", "a")
    batch = buffer.take()
    assert not buffer.take()
    buffer.add("a", 2, 2)
    buffer.add_failure("E", "place", "a")
    buffer.put_back(batch)
    batch = buffer.take()
    assert sum(sums.count for sums in batch.counts.values()) == 2
    assert sum(sums.seconds for sums in batch.counts.values()) == 3
    assert [seen.count for seen in batch.failures.values()] == [2]
    assert [ended.seconds for ended in batch.slow] == [1, 2]


def test_a_failure_has_its_first_and_last_time(buffer: Buffer, monkeypatch: pytest.MonkeyPatch) -> None:
    for time in (5.0, 3.0, 9.0):
        monkeypatch.setattr(module, "time", lambda time=time: time)
        buffer.add_failure("E", "place", "a")
    ((_, seen),) = buffer.take().failures.items()
    assert (seen.count, seen.first, seen.last) == (3, 3, 9)


def test_of_the_slow_only_those_that_can_be_among_the_slowest_of_their_hour(
    buffer: Buffer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in range(100, 0, -1):
        buffer.add("a", 2, seconds)
    assert [ended.seconds for ended in buffer.take().slow] == list(range(100, 90, -1))
    buffer.add("a", 2, 91)
    assert not buffer.take().slow, "as slow as one that is stored"
    monkeypatch.setattr(module, "time", lambda: 3 * HOUR)
    buffer.add("a", 2, 1)
    assert [ended.seconds for ended in buffer.take().slow] == [1]


@pytest.mark.parametrize(("status", "kind"), [(0, 0), (1, 1), (5, 5), (9, 5), (-1, 5)])
def test_there_are_six_kinds_of_answers(buffer: Buffer, status: int, kind: int) -> None:
    buffer.add("a", status, 0)
    assert [key.status for key in buffer.take().counts] == [kind]
