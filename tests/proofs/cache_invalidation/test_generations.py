"""Generations end once for each commit, whatever savepoints, hooks and databases it involves."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TestCase

from cache_invalidation import generations
from cache_invalidation.generations import EVERYTHING, end_on_commit, key, written
from proofs.cache_invalidation import Counter

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_cache")]

Ended = Callable[..., set[str]]


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A read that is kept warm and depends on "a"."""
    monkeypatch.setattr(generations, "_kept_warm", {})
    read = Counter()
    generations.keep_warm(read, depends_on=["a"])
    return read


class TestEndOnCommit:
    def test_asks_a_lister_after_the_commit(self, ended: Ended) -> None:
        listed = ["b"]

        def write() -> None:
            with transaction.atomic():
                end_on_commit("a", lister=lambda: listed)
                listed.append("c")

        assert ended(write, ["a", "b", "c", "d"]) == {"a", "b", "c"}

    def test_ends_everything_rather_than_ask_very_many(self, ended: Ended) -> None:
        lister = Counter(["b"])

        def write() -> None:
            with transaction.atomic():
                for _ in range(generations.MOST_LISTERS + 1):
                    end_on_commit(lister=lister)

        assert ended(write, ["a", "b"]) == {EVERYTHING}
        assert lister.calls == 0

    def test_ends_everything_if_the_lister_fails(self, ended: Ended, caplog: pytest.LogCaptureFixture) -> None:
        def fail() -> list[str]:
            raise OSError("no database")

        assert ended(lambda: end_on_commit("a", lister=fail), ["a", "b"]) == {"a", EVERYTHING}
        assert "everything is read anew" in caplog.text

    def test_tells_it_once_whatever_savepoints_there_were(self, warm: Counter, ended: Ended) -> None:
        def write() -> None:
            with transaction.atomic():
                for _ in range(100):
                    with transaction.atomic():
                        end_on_commit("a")
                        with transaction.atomic():
                            end_on_commit("b")
                end_on_commit("c")

        assert ended(write, ["a", "b", "c", "d"]) == {"a", "b", "c"}
        assert warm.calls == 1

    def test_takes_back_what_savepoints_inside_of_one_have_asked_for(self, ended: Ended) -> None:
        def write() -> None:
            with transaction.atomic():
                with transaction.atomic():
                    end_on_commit("a")
                with pytest.raises(RuntimeError), transaction.atomic():
                    with transaction.atomic():
                        end_on_commit("b")
                    end_on_commit("c")
                    raise RuntimeError

        assert ended(write, ["a", "b", "c"]) == {"a"}

    def test_leaves_the_hooks_of_others_in_their_places(self) -> None:
        def theirs() -> None: ...

        with transaction.atomic():
            transaction.on_commit(theirs)
            with TestCase.captureOnCommitCallbacks() as captured:
                end_on_commit("a")
                with transaction.atomic():
                    end_on_commit("b")
                end_on_commit("c")
            assert len(captured) == 2
            assert theirs not in captured
            assert connection.run_on_commit[0][1] is theirs

    def test_ends_at_once_where_there_is_no_transaction(self, ended: Ended) -> None:
        assert ended(lambda: end_on_commit("a"), ["a", "b"]) == {"a"}

    def test_tells_the_cache_once_however_much_is_written(self, warm: Counter) -> None:
        with transaction.atomic():
            for number in range(100):
                end_on_commit("a", f"b{number}")
        assert warm.calls == 1

    def test_is_told_once_though_a_hook_of_another_waits_before_it(self, warm: Counter, ended: Ended) -> None:
        def write() -> None:
            with transaction.atomic():
                transaction.on_commit(list)
                for number in range(100):
                    end_on_commit("a", f"b{number}")
                    transaction.on_commit(list)

        assert ended(write, ["a", "b0", "b99"]) == {"a", "b0", "b99"}
        assert warm.calls == 1

    def test_looks_only_so_far_back(self, warm: Counter, ended: Ended, monkeypatch: pytest.MonkeyPatch) -> None:
        def write() -> None:
            with transaction.atomic():
                end_on_commit("a")
                for _ in range(2):
                    transaction.on_commit(list)
                end_on_commit("a", "b")
                assert written(["a"])

        monkeypatch.setattr(generations, "LOOK_BACK", 2)
        assert ended(write, ["a", "b"]) == {"a", "b"}
        assert warm.calls == 2

    def test_keeps_what_is_rolled_back_apart(self, ended: Ended) -> None:
        def write() -> None:
            with transaction.atomic():
                end_on_commit("a")
                with pytest.raises(RuntimeError), transaction.atomic():
                    end_on_commit("b")
                    raise RuntimeError
                end_on_commit("c")

        assert ended(write, ["a", "b", "c"]) == {"a", "c"}


class TestWritten:
    def test_until_the_savepoint_is_rolled_back(self) -> None:
        with transaction.atomic():
            with pytest.raises(RuntimeError), transaction.atomic():
                end_on_commit("a")
                assert written(["a"])
                raise RuntimeError
            assert not written(["a"])

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_in_whatever_database(self, other_database: str) -> None:
        with transaction.atomic(using=other_database):
            end_on_commit("a", using=other_database)
            assert written(["a"])
        assert not written(["a"])

    def test_until_the_end_of_the_transaction(self) -> None:
        with transaction.atomic():
            assert not written(["a"])
            end_on_commit("a")
            assert written(["a", "b"])
            assert not written(["b"])
        assert not written(["a"])

    def test_all_names_where_it_is_not_known_yet_which(self) -> None:
        with transaction.atomic():
            end_on_commit(lister=list)
            assert written(["a"])

    def test_all_names_with_everything(self) -> None:
        with transaction.atomic():
            end_on_commit(EVERYTHING)
            assert written(["a"])


class TestInTransaction:
    def test_by_hand_too(self) -> None:
        assert not generations.in_transaction()
        transaction.set_autocommit(False)
        try:
            assert generations.in_transaction()
        finally:
            transaction.rollback()
            transaction.set_autocommit(True)

    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    def test_in_whatever_database(self, other_database: str) -> None:
        with transaction.atomic(using=other_database):
            assert generations.in_transaction()


class TestKeepWarm:
    def test_goes_on_if_a_read_fails(
        self, warm: Counter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail() -> None:
            raise ValueError("broken")

        monkeypatch.setattr(generations, "_kept_warm", {fail: frozenset("a"), **generations._kept_warm})
        end_on_commit("a")
        assert warm.calls == 1
        assert "broken" in caplog.text

    def test_reads_again_what_depends_on_what_has_ended(self, warm: Counter) -> None:
        end_on_commit("b")
        assert warm.calls == 0
        end_on_commit("a")
        end_on_commit(EVERYTHING)
        assert warm.calls == 2

    def test_does_not_read_what_was_rolled_back(self, warm: Counter) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            end_on_commit("a")
            raise RuntimeError
        assert warm.calls == 0


class TestTokens:
    def test_that_were_dropped_are_never_the_same_again(self) -> None:
        (before,) = generations.tokens(cache, ["a"], {})
        assert generations.tokens(cache, ["a"], {}) == [before]
        cache.delete(key("a"))
        assert generations.tokens(cache, ["a"], {}) != [before]

    def test_that_were_found_are_not_asked_for(self) -> None:
        assert generations.tokens(cache, ["a"], {key("a"): "found"}) == ["found"]
