"""Reading through the cache: a value is made once, and again after what it depends on has changed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import transaction

from cache_invalidation import generations, store
from cache_invalidation.generations import EVERYTHING, end_on_commit
from cache_invalidation.reads import read_through
from testing.models import Product

Committed = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.django_db


def read(produce: Callable[[], Any]) -> Any:
    return read_through("products", depends_on=["products"], produce=produce, timeout=60)


def names() -> list[str]:
    return list(Product.objects.values_list("name", flat=True))


def test_a_value_is_made_once() -> None:
    produce = Mock(return_value=["Tea"])
    assert read(produce) == read(produce) == ["Tea"]
    produce.assert_called_once()


@pytest.mark.parametrize("name", ["products", EVERYTHING])
def test_a_value_is_made_again_when_what_it_depends_on_changes(name: str, committed: Committed) -> None:
    read(lambda: "old")
    with committed():
        end_on_commit(name)
    assert read(lambda: "new") == "new"


def test_a_value_is_kept_when_something_else_changes(committed: Committed) -> None:
    read(lambda: "Tea")
    with committed():
        end_on_commit("categories")
    assert read(lambda: "Coffee") == "Tea"


def test_a_slow_reader_does_not_cache_what_a_commit_has_outdated(committed: Committed) -> None:
    def slowly() -> list[str]:
        found = names()
        with committed():  # somebody else, meanwhile
            Product.objects.create(name="Tea")
            end_on_commit("products")
        return found

    assert read(slowly) == []
    assert read(names) == ["Tea"]


def test_a_transaction_sees_its_own_writes(committed: Committed) -> None:
    read(names)
    with committed():
        Product.objects.create(name="Tea")
        end_on_commit("products")
        assert read(names) == ["Tea"]
    assert read(names) == ["Tea"]


def test_a_write_that_is_rolled_back_is_never_cached(committed: Committed) -> None:
    read(names)
    with committed(), pytest.raises(RuntimeError), transaction.atomic():
        Product.objects.create(name="Tea")
        end_on_commit("products")
        assert read(names) == ["Tea"]
        raise RuntimeError
    assert read(names) == []


def test_a_transaction_does_not_fill_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "in_transaction", lambda: True)
    assert read(lambda: "seen by this transaction only") == "seen by this transaction only"
    monkeypatch.setattr(generations, "in_transaction", lambda: False)
    assert read(lambda: "Tea") == "Tea"


class Down:
    """A cache that cannot be reached."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionError("There is no server.")


def test_without_a_cache_every_read_goes_to_the_database(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "cache", Down())
    assert [read(lambda n=n: n) for n in range(3)] == [0, 1, 2]  # type: ignore[misc]
    assert caplog.text.count("The cache is down") == 1


def test_a_cache_that_comes_back_serves_nothing_from_before(
    committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(names)
    with monkeypatch.context() as while_down:
        while_down.setattr(store, "cache", Down())
        with committed():
            Product.objects.create(name="Tea")
            end_on_commit("products")
    store.state.retry_at = 0.0  # it is time to try again
    assert read(names) == ["Tea"]
    assert not store.state.down
