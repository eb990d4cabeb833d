"""The cache that ``CACHE_URL`` names, in memory or on a server, answers."""

from django.core.cache import cache


def test_it_keeps_what_it_is_given() -> None:
    cache.set("config.tests.test_cache", "kept", timeout=10)
    assert cache.get("config.tests.test_cache") == "kept"
    cache.delete("config.tests.test_cache")
    assert cache.get("config.tests.test_cache") is None
