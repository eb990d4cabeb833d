"""All stores count alike: over a sliding window, by name and by address."""

import pytest
from django.conf import settings

from auth_tracking.stores import DatabaseStore, MemoryStore, RedisStore, Store

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[DatabaseStore, RedisStore, MemoryStore])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param is RedisStore and not settings.CACHES["default"]["BACKEND"].endswith("RedisCache"):
        pytest.skip("The cache is not Redis.")
    store: Store = request.param()
    store.lift(since=0)
    return store


def take(store: Store, name: str, ip: str, now: float) -> float | None:
    """Try at ``now``: None if that is let through, or the time from which it would be."""
    return store.take(name, ip, now=now, window=100, limits={"name_and_ip": 2, "name": 3, "ip": 4})


def test_the_window_slides(store: Store) -> None:
    assert [take(store, "ada", "ip", now) for now in (0, 60, 99)] == [None, None, 100]
    assert [take(store, "ada", "ip", now) for now in (100, 159)] == [None, 160]


def test_a_refused_attempt_does_not_count(store: Store) -> None:
    for now in range(50):
        take(store, "ada", "ip", now)
    assert take(store, "ada", "another", 60) is None
    assert take(store, "ada", "ip", 100) is None


def test_a_name_has_a_limit_at_each_address(store: Store) -> None:
    assert [take(store, "ada", "ip", now) for now in range(3)] == [None, None, 100]
    assert take(store, "ada", "another", 3) is None


def test_a_name_has_a_limit_at_all_addresses_together(store: Store) -> None:
    assert [take(store, "ada", f"ip-{now}", now) for now in range(4)] == [None, None, None, 100]


def test_an_address_has_a_limit_for_all_names_together(store: Store) -> None:
    assert [take(store, f"name-{now}", "ip", now) for now in range(5)] == [None, None, None, None, 100]


def test_clear_forgets_a_name_at_one_address(store: Store) -> None:
    for now, ip in enumerate(["one", "one", "another"]):
        take(store, "ada", ip, now)
    store.clear("ada", "another")
    assert take(store, "ada", "another", 3) is None
    assert take(store, "ada", "one", 3) == 100


@pytest.mark.parametrize(("which", "lifted"), [({"name": "ada"}, 2), ({"ip": "one"}, 3), ({}, 4)])
def test_lift_forgets_a_name_or_an_address_or_all(store: Store, which: dict[str, str], lifted: int) -> None:
    for now, (name, ip) in enumerate([("ada", "one"), ("ada", "two"), ("bob", "one"), ("eve", "one")]):
        take(store, name, ip, now)
    assert store.lift(since=-1, **which) == lifted
    assert store.lift(since=-1) == 4 - lifted
