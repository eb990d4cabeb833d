"""Fixtures for the tests of cache_invalidation: commits within a test, and what they invalidate."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection

from accounts.models import User
from cache_invalidation import generations, store
from pages.models import Page, Tag

Committed = Callable[[], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def as_if_outside_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads do not fill the cache within a transaction, such as that of a test. These tests need it filled."""
    monkeypatch.setattr(generations, "in_transaction", lambda: False)
    monkeypatch.setattr(store, "state", store.State())


@pytest.fixture
def committed(db: None) -> Committed:
    """``with committed():`` after the block, what it has written counts as committed."""

    @contextmanager
    def committed() -> Iterator[None]:
        yield
        hooks, connection.run_on_commit = connection.run_on_commit, []
        for _, hook, *_ in hooks:
            hook()

    return committed


@pytest.fixture
def invalidated(
    monkeypatch: pytest.MonkeyPatch, committed: Committed
) -> Callable[[], AbstractContextManager[set[str]]]:
    """``with invalidated() as names:`` after the block, the generations that it has invalidated."""

    @contextmanager
    def invalidated() -> Iterator[set[str]]:
        names: set[str] = set()
        monkeypatch.setattr(generations, "end", names.update)
        with committed():
            yield names

    return invalidated


@pytest.fixture
def about(committed: Committed) -> Page:
    """A published page by Ada, with the tag "Signals"."""
    with committed():
        author = User.objects.create_user("ada@example.com", name="Ada")
        page = Page.objects.create(title="About", slug="about", author=author, published_at="2020-01-01T00:00:00Z")
        page.tags.add(Tag.objects.create(name="Signals", slug="signals"))
    return page
