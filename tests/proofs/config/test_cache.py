"""The cache that ``CACHE_URL`` names answers."""

from django.core.cache import cache


def test_it_keeps_what_it_is_given() -> None:
    cache.set("key", "kept", timeout=10)
    assert cache.get("key") == "kept"
    cache.delete("key")
    assert cache.get("key") is None
