"""The cache that ``CACHE_URL`` names, in memory or on a server, answers."""

from uuid import uuid4

from django.core.cache import cache


def test_it_keeps_what_it_is_given() -> None:
    key = f"config.tests.test_cache.{uuid4()}"  # others may test against the same server
    cache.set(key, "kept", timeout=10)
    assert cache.get(key) == "kept"
    cache.delete(key)
    assert cache.get(key) is None
