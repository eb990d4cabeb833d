"""What was counted and is not stored yet, in the memory of this process."""

import heapq
from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from time import time
from typing import NamedTuple

# Requests are counted by how long they took: up to so many milliseconds, or longer than all of these.
LIMITS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
LONGER = 2**31 - 1

# How many of the slowest requests of an hour are kept.
SLOWEST = 10
# A request only adds to a list. Every so many, one of them counts what is there, if no flush has done it by then.
UNCOUNTED = 1000
# How many different things are counted at once, while the database is down. What is new then is counted as OTHER.
MOST_KEYS = 10_000
OTHER = "(other)"
LONGEST_TEXT = 200


class Ended(NamedTuple):
    """A request that has ended. ``status``: the first digit of it, 0 if there was no answer."""

    time: float
    route: str
    status: int
    seconds: float


class Failed(NamedTuple):
    """An exception that a request has ended with."""

    time: float
    type: str
    place: str
    route: str


class CountKey(NamedTuple):
    """What is counted together; ``hour``: hours since 1970."""

    hour: int
    route: str
    status: int
    up_to: int


class FailureKey(NamedTuple):
    """Failures that are the same."""

    type: str
    place: str
    route: str


@dataclass(slots=True)
class Sums:
    """Of requests that are counted together."""

    count: int = 0
    seconds: float = 0
    slowest: float = 0

    def add(self, count: int, seconds: float, slowest: float) -> None:
        """Count some more."""
        self.count += count
        self.seconds += seconds
        self.slowest = max(self.slowest, slowest)


@dataclass(slots=True)
class Seen:
    """How often a failure was seen, and when first and last."""

    count: int
    first: float
    last: float

    def add(self, other: "Seen") -> None:
        """Count some more."""
        self.count += other.count
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)


@dataclass
class Batch:
    """What is stored at once. It stays small, whatever happens: ``MOST_KEYS``."""

    counts: dict[CountKey, Sums] = field(default_factory=dict)
    failures: dict[FailureKey, Seen] = field(default_factory=dict)
    slow: list[Ended] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.counts or self.failures)

    def count(self, key: CountKey, count: int, seconds: float, slowest: float) -> None:
        """Count requests."""
        if key not in self.counts and len(self.counts) >= MOST_KEYS:
            key = key._replace(route=OTHER)
        self.counts.setdefault(key, Sums()).add(count, seconds, slowest)

    def count_failure(self, key: FailureKey, seen: Seen) -> None:
        """Count a failure."""
        if key not in self.failures and len(self.failures) >= MOST_KEYS:
            key = FailureKey(OTHER, OTHER, OTHER)
        if key in self.failures:
            self.failures[key].add(seen)
        else:
            self.failures[key] = seen

    def add(self, other: "Batch") -> None:
        """Count all that another one holds."""
        for count_key, sums in other.counts.items():
            self.count(count_key, sums.count, sums.seconds, sums.slowest)
        for failure_key, seen in other.failures.items():
            self.count_failure(failure_key, seen)
        self.slow = [*other.slow, *self.slow][-MOST_KEYS:]


class Buffer:
    """Counts in as many threads as there are.

    A request takes no lock: the garbage collector, which may close a forgotten response at any point, must not wait
    for the lock that its own thread holds. Adding to a deque is atomic.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin with nothing, as a process does that was just forked: what is there is its parent's."""
        self._ended: deque[Ended] = deque()
        self._failed: deque[Failed] = deque()
        self._lock = Lock()
        self._batch = Batch()
        self._hour = 0
        self._slowest: list[float] = []  # a heap of the longest times of this hour, in seconds

    def add(self, route: str, status: int, seconds: float) -> None:
        """Count a request that has just ended."""
        self._ended.append(Ended(time(), route, status, seconds))
        if len(self._ended) >= UNCOUNTED:
            self._count_what_is_there()

    def add_failure(self, type_name: str, place: str, route: str) -> None:
        """Count an exception."""
        self._failed.append(Failed(time(), type_name, place, route))
        if len(self._failed) >= UNCOUNTED:
            self._count_what_is_there()

    def take(self) -> Batch:
        """All that was counted. It is then not counted here any more."""
        with self._lock:
            self._count_all()
            batch, self._batch = self._batch, Batch()
        return batch

    def put_back(self, batch: Batch) -> None:
        """Count again what was taken and could not be stored."""
        with self._lock:
            batch.add(self._batch)
            self._batch = batch

    def _count_what_is_there(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                self._count_all()
            finally:
                self._lock.release()

    def _count_all(self) -> None:
        while self._ended:
            self._count(self._ended.popleft())
        while self._failed:
            failed = self._failed.popleft()
            key = FailureKey(storable(failed.type), storable(failed.place), storable(failed.route))
            self._batch.count_failure(key, Seen(1, failed.time, failed.time))

    def _count(self, ended: Ended) -> None:
        hour, seconds = int(ended.time // 3600), ended.seconds
        position = bisect_left(LIMITS, seconds * 1000)
        up_to = LIMITS[position] if position < len(LIMITS) else LONGER
        status = ended.status if 0 <= ended.status <= 5 else 5
        route = storable(ended.route)
        self._batch.count(CountKey(hour, route, status, up_to), 1, seconds, seconds)
        if hour != self._hour:
            self._hour, self._slowest = hour, []
        if len(self._slowest) < SLOWEST:
            heapq.heappush(self._slowest, seconds)
        elif seconds > self._slowest[0]:
            heapq.heapreplace(self._slowest, seconds)
        else:
            return
        self._batch.slow = [*self._batch.slow, Ended(ended.time, route, status, seconds)][-MOST_KEYS:]


def storable(text: str) -> str:
    """As much as a column holds, without what no database takes: NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()[:LONGEST_TEXT]


buffer = Buffer()
