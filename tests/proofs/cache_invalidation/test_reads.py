"""Of any number of readers who miss the cache one reads the database, and nobody waits for one who has died."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event, Timer
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache
from django.db import transaction

from cache_invalidation import reads
from cache_invalidation.generations import end_on_commit
from cache_invalidation.reads import Place, read_through
from proofs.cache_invalidation import Counter
from proofs.threads import run_at_once, run_in_processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_cache")]


def read(produce: Callable[[], Any], key: str = "key", timeout: float = 60, **options: Any) -> Any:
    return read_through(key, depends_on=["a"], produce=produce, timeout=timeout, **options)


class TestReadThrough:
    def test_keeps_that_there_is_nothing_but_not_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        produce = Counter(None)
        monkeypatch.setattr(reads, "NOTHING_TIMEOUT", 2.0)
        assert read(produce) is read(produce) is None
        assert produce.calls == 1
        time.sleep(2.1)
        read(produce)
        assert produce.calls == 2

    def test_takes_the_timeout_before_the_value_is_made(self) -> None:
        order: list[str] = []

        def timeout() -> float:
            order.append("timeout")
            return 60

        read_through("key", depends_on=["a"], produce=lambda: order.append("value"), timeout=timeout)
        assert order == ["timeout", "value"]

    def test_raises_what_the_producer_raises_and_lets_the_next_one_try(self) -> None:
        def fail() -> None:
            raise LookupError("nothing there")

        with pytest.raises(LookupError, match="nothing there"):
            read(fail)
        started = time.monotonic()
        assert read(Counter()) == "made"
        assert time.monotonic() - started < 1

    @pytest.mark.parametrize("rubbish", [b"no pickle", b"cno_such_module\nGone\n."], ids=["no pickle", "code is gone"])
    def test_makes_a_value_again_that_it_cannot_read(self, rubbish: bytes) -> None:
        read(Counter("first"))
        place = Place("key", ["a"])
        tokens, _ = cache.get(place.key)
        cache.set(place.key, (tokens, rubbish))
        assert read(Counter("second")) == "second"
        assert read(Counter("third")) == "second"

    def test_keeps_keys_apart(self) -> None:
        assert [read(Counter(n), key=f"key {n}") for n in range(3)] == [0, 1, 2]

    def test_is_told_names_not_one_name(self) -> None:
        with pytest.raises(TypeError, match="list of names"):
            read_through("key", depends_on="members", produce=Counter(), timeout=60)


class TestStampede:
    def test_of_a_hundred_readers_one_produces(self) -> None:
        def slowly() -> object:
            time.sleep(0.2)
            return produce()

        produce = Counter()
        assert run_at_once(*[partial(read, slowly)] * 100) == ["made"] * 100
        assert produce.calls == 1

    def test_one_that_has_died_holds_nobody_up_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reads, "LOCK_TIMEOUT", 1.0)
        assert Place("key", ["a"]).lock()
        produce = Counter()
        started = time.monotonic()
        assert run_at_once(*[partial(read, produce)] * 20) == ["made"] * 20
        assert produce.calls == 1
        assert time.monotonic() - started < 3

    def test_one_that_is_slower_than_the_lock_does_not_take_away_the_next_ones(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reads, "LOCK_TIMEOUT", 1.0)
        first, second = Place("key", ["a"]), Place("key", ["a"])
        assert first.lock()
        time.sleep(1.1)
        assert second.lock()
        first.unlock()
        assert not Place("key", ["a"]).lock()
        second.unlock()
        assert Place("key", ["a"]).lock()

    def test_nobody_waits_longer_than_their_patience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reads, "PATIENCE", 0.3)
        monkeypatch.setattr(reads, "LOCK_TIMEOUT", 60.0)
        assert Place("key", ["a"]).lock()
        assert read(Counter()) == "made"

    def test_nobody_waits_for_a_value_that_was_outdated_before_they_came(self) -> None:
        started, outdated = Event(), Event()

        def first() -> object:
            started.set()
            assert outdated.wait(10)
            return "old"

        def second() -> object:
            assert started.wait(10)
            end_on_commit("a")
            began = time.monotonic()
            assert read(Counter("new")) == "new"
            outdated.set()
            return time.monotonic() - began

        value, seconds = run_at_once(partial(read, first), second)
        assert value == "old"
        assert seconds < 1
        assert read(Counter("newer")) in {"new", "newer"}

    def test_a_reader_waits_for_one_value_however_much_is_written(self) -> None:
        started, waiting = Event(), Event()

        def slowly() -> object:
            started.set()
            assert waiting.wait(10)
            end_on_commit("a")
            return "made while the second one waited"

        def second() -> object:
            assert started.wait(10)
            Timer(0.1, waiting.set).start()
            return read(produce)

        produce = Counter()
        assert run_at_once(partial(read, slowly), second) == ["made while the second one waited"] * 2
        assert produce.calls == 0
        assert read(produce) == "made"

    def test_a_reader_that_has_waited_does_not_produce_once_more(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stored = Event()
        lock = Place.lock

        def lock_late(place: Place) -> bool:
            """As a reader that looked before the value was there, and gets the lock after it was given back."""
            assert stored.wait(10)
            return lock(place)

        def first() -> object:
            value = read(Counter("first"))
            stored.set()
            return value

        def second() -> object:
            monkeypatch.setattr(Place, "lock", lock_late)
            return read(Counter("second"))

        place = Place("key", ["a"])
        assert place.look()
        monkeypatch.setattr(Place, "look", looks_first_at_nothing(Place.look))
        assert first() == "first"
        assert second() == "first"

    def test_of_a_hundred_that_find_nothing_too(self) -> None:
        def slowly() -> object:
            time.sleep(0.2)
            return produce()

        produce = Counter(None)
        assert run_at_once(*[partial(read, slowly)] * 100) == [None] * 100
        assert produce.calls == 1


def looks_first_at_nothing(look: Callable[[Place], bool]) -> Callable[[Place], bool]:
    """``Place.look``, whose first look of each place finds nothing."""
    seen: set[int] = set()

    def looking(place: Place) -> bool:
        up = look(place)
        if id(place) not in seen:
            seen.add(id(place))
            place.found = {}
        return up

    return looking


# Prints how often the readers of a process have produced.
READERS = """
import time
from functools import partial
from django.conf import settings
settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": sys.argv[1]}}
from cache_invalidation.reads import read_through
from proofs.threads import run_at_once, run_in_processes
calls = []
def produce():
    calls.append(None)
    time.sleep(0.5)
    return "made"
read = partial(read_through, "key", depends_on=["a"], produce=produce, timeout=60)
assert run_at_once(*[read] * 25) == ["made"] * 25
print(len(calls))
"""


def test_of_a_hundred_readers_in_four_processes_one_produces_with_redis(any_cache: str) -> None:
    if any_cache != "redis":
        pytest.skip("In local memory each process has a cache of its own.")
    produced = run_in_processes(4, READERS, site_settings.CACHES["default"]["KEY_PREFIX"])
    assert sum(map(int, produced)) == 1


class TestInATransaction:
    def test_reads_the_cache_but_does_not_fill_it(self) -> None:
        with transaction.atomic():
            produce = Counter()
            read(produce)
            read(produce)
            assert produce.calls == 2
        read(produce)
        with transaction.atomic():
            read(produce)
        assert produce.calls == 3

    def test_that_has_written_reads_past_the_cache(self) -> None:
        read(Counter("old"))
        with transaction.atomic():
            end_on_commit("a")
            assert read(Counter("new")) == "new"
            assert read(Counter("newer")) == "newer"
