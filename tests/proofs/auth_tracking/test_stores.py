"""All stores count exactly, however many attempts come at once."""

from functools import partial

import pytest
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache

from auth_tracking.models import LoginAttempt
from auth_tracking.stores import DatabaseStore, MemoryStore, RedisStore, Store
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)

LIMITS = {"name_and_ip": 2, "name": 3, "ip": 4}
WINDOW = 100


@pytest.fixture(params=[DatabaseStore, RedisStore, MemoryStore])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param is RedisStore and not isinstance(caches["default"], RedisCache):
        pytest.skip("The cache is not Redis.")
    store: Store = request.param()
    store.lift(since=0)
    return store


def take(store: Store, name: str, ip: str, now: float) -> float | None:
    """An attempt. None if it is let through, or when it may be."""
    return store.take(name, ip, now=now, window=WINDOW, limits=LIMITS)


class TestLimits:
    def test_of_those_without_an_address_only_the_name_counts(self, store: Store) -> None:
        assert [take(store, f"name-{now}", "", now) for now in range(9)] == [None] * 9
        assert [take(store, "ada", "", now) for now in range(10, 13)] == [None, None, 110]

    def test_the_wait_is_until_no_limit_is_full(self, store: Store) -> None:
        take(store, "ada", "one", 0)
        take(store, "ada", "home", 10)
        take(store, "ada", "home", 20)
        # The name is full until 100, this name from this address until 110.
        assert take(store, "ada", "home", 30) == 110
        assert take(store, "ada", "another", 30) == 100

    def test_one_address_cannot_use_up_what_a_name_has(self, store: Store) -> None:
        for now in range(20):
            take(store, "ada", "attacker", now)
        assert take(store, "ada", "home", 20) is None


class TestLift:
    def test_of_a_name(self, store: Store) -> None:
        for now, (name, ip) in enumerate([("ada", "one"), ("ada", "another"), ("grace", "one")]):
            take(store, name, ip, now)
        assert store.lift(since=0, name="ada") == 1  # at 0, the first no longer counts
        assert store.lift(since=-1, name="ada") == 0
        assert [take(store, "ada", "one", now) for now in (3, 4, 5)] == [None, None, 103]
        assert [take(store, "grace", "one", now) for now in (6, 7)] == [None, 102]


class TestAtTheSameInstant:
    @pytest.mark.parametrize(
        ("limit", "pairs"),
        [
            ("name_and_ip", [("ada", "ip")] * 50),
            ("name", [("ada", f"ip-{number}") for number in range(50)]),
            ("ip", [(f"name-{number}", "ip") for number in range(50)]),
        ],
    )
    def test_no_more_are_let_through_than_the_limit(
        self, store: Store, limit: str, pairs: list[tuple[str, str]]
    ) -> None:
        limits = {"name_and_ip": 50, "name": 50, "ip": 50, limit: 5}
        tries = [partial(store.take, *pair, now=now, window=WINDOW, limits=limits) for now, pair in enumerate(pairs)]
        assert run_at_once(*tries).count(None) == 5

    def test_one_address_cannot_use_up_what_a_name_has(self, store: Store) -> None:
        run_at_once(*[partial(take, store, "ada", "attacker", now) for now in range(50)])
        assert take(store, "ada", "home", 60) is None


def test_the_database_keeps_no_attempt_that_was_refused() -> None:
    store = DatabaseStore()
    for now in range(50):
        take(store, "ada", "ip", now)
    assert [str(attempt) for attempt in LoginAttempt.objects.order_by("pk")] == ["ada, 1", "ada, 2"]


class TestClear:
    def test_takes_back_the_attempts_of_a_name_from_an_address_for_all_limits(self, store: Store) -> None:
        for now in range(20):
            assert take(store, "ada", "ip", now) is None
            store.clear("ada", "ip")


def test_the_database_keeps_no_attempt_that_has_succeeded() -> None:
    store = DatabaseStore()
    take(store, "ada", "ip", 0)
    store.clear("ada", "ip")
    assert not LoginAttempt.objects.exists()
