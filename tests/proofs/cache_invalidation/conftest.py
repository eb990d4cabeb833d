"""Fixtures for the tests of cache_invalidation."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.cache import cache
from pytest_django import Settings

from accounts.models import User
from cache_invalidation import generations, store
from cache_invalidation.generations import EVERYTHING
from pages.models import Page, Tag


@pytest.fixture(autouse=True)
def trusted_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """What earlier tests have found out about the cache is forgotten."""
    monkeypatch.setattr(store, "state", store.State())


@pytest.fixture(params=["memory", "redis"])
def any_cache(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Local memory, and Redis where that is the site's cache."""
    if request.param == "memory":
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
        cache.clear()
    elif not site_settings.CACHES["default"]["BACKEND"].endswith("RedisCache"):
        pytest.skip("The cache is not Redis.")
    chosen: str = request.param
    return chosen


@pytest.fixture
def author() -> User:
    return User.objects.create_user("ada@example.com", "correct horse 9", name="Ada")


@pytest.fixture
def about(author: User) -> Page:
    """A published page with an author and a tag."""
    page = Page.objects.create(title="old", slug="about", author=author, published_at="2020-01-01T00:00:00Z")
    page.tags.set([Tag.objects.create(name="Signals", slug="signals")])
    return page


@pytest.fixture
def ended() -> Callable[..., set[str]]:
    """``ended(write, names)``: which of these generations have ended when ``write()`` has returned."""

    def ended(write: Callable[[], Any], names: list[str]) -> set[str]:
        names = [*names, EVERYTHING]
        generations.attempt(lambda cache: generations.tokens(cache, names, {}))
        before = cache.get_many([generations.key(name) for name in names])
        write()
        after = cache.get_many([generations.key(name) for name in names])
        assert len(before) == len(names)
        return {name for name in names if before[generations.key(name)] != after.get(generations.key(name))}

    return ended
