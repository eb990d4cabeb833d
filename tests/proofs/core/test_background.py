"""Slow work holds a request no longer than allowed, and is done all the same."""

import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from threading import BoundedSemaphore, Event, get_ident

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from accounts.models import User
from core import background
from core.background import BackgroundMiddleware, run_for_request
from proofs.threads import eventually


def in_request(*works: Callable[[], object], hold: bool = True) -> list[float]:
    """Do the works in a request; for how many seconds it may be held after each."""
    left = []

    def view(request: object) -> HttpResponse:
        for work in works:
            run_for_request(work, hold=hold)
            patience = background._patience.get()
            assert patience is not None
            left.append(patience.seconds)
        return HttpResponse()

    BackgroundMiddleware(view)(RequestFactory().get("/"))
    return left


@pytest.fixture
def release() -> Iterator[Event]:
    """Lets go of what waits for it, at the latest when the test ends."""
    event = Event()
    yield event
    event.set()


def fail() -> None:
    raise RuntimeError("out of order")


class TestOutsideOfARequest:
    def test_an_error_propagates(self) -> None:
        with pytest.raises(RuntimeError, match="out of order"):
            run_for_request(fail)

    def test_also_after_a_request(self) -> None:
        in_request()
        assert background._patience.get() is None

    def test_it_is_done_right_there(self) -> None:
        done: list[int] = []
        run_for_request(lambda: done.append(1))
        assert done == [1]


class TestInARequest:
    def test_a_timeout_of_its_own_is_its_error(self) -> None:
        def time_out() -> None:
            raise TimeoutError("the server does not answer")

        with pytest.raises(TimeoutError, match="does not answer"):
            in_request(time_out)
        background._patience.set(None)

    def test_what_is_slow_goes_on_without_the_request(self, settings: Settings, release: Event) -> None:
        settings.MAIL_HOLDS_REQUEST = 0.1
        done: list[int] = []

        def work() -> None:
            release.wait(10)
            done.append(1)

        assert in_request(work)[0] <= 0
        assert done == []
        release.set()
        assert eventually(lambda: done == [1])

    def test_all_of_a_request_share_its_time(self, settings: Settings, release: Event) -> None:
        settings.MAIL_HOLDS_REQUEST = 10
        first, second = in_request(lambda: time.sleep(0.2), lambda: time.sleep(0.2))
        assert first <= 9.8
        assert second <= 9.6

    def test_what_must_not_hold_it_is_not_waited_for(
        self, settings: Settings, release: Event, caplog: pytest.LogCaptureFixture
    ) -> None:
        done: list[int] = []

        def work() -> None:
            release.wait(10)
            done.append(1)
            fail()

        assert in_request(work, hold=False) == [settings.MAIL_HOLDS_REQUEST]
        assert done == []
        release.set()
        assert eventually(lambda: "out of order" in caplog.text)
        assert done == [1]

    def test_a_failure_that_comes_later_is_logged(
        self, settings: Settings, release: Event, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.MAIL_HOLDS_REQUEST = 0

        def work() -> None:
            release.wait(10)
            fail()

        in_request(work)
        release.set()
        assert eventually(lambda: "out of order" in caplog.text)

    def test_there_is_an_end_to_what_may_wait(
        self, settings: Settings, release: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.MAIL_HOLDS_REQUEST = 0
        monkeypatch.setattr(background, "_places", BoundedSemaphore(2))
        with pytest.raises(RuntimeError, match="Too much is waiting"):
            in_request(*[lambda: release.wait(10)] * 3)
        background._patience.set(None)
        release.set()
        assert eventually(lambda: background._places.acquire(blocking=False))

    def test_it_finds_the_context_of_the_request(self) -> None:
        who: ContextVar[str] = ContextVar("who")
        who.set("Ada")
        found: list[str] = []
        in_request(lambda: found.append(who.get()))
        assert found == ["Ada"]

    def test_what_it_asks_for_in_turn_is_done_right_there(self, settings: Settings) -> None:
        settings.MAIL_HOLDS_REQUEST = 5
        threads: list[int] = []

        def work() -> None:
            threads.append(get_ident())
            run_for_request(lambda: threads.append(get_ident()))

        in_request(work)
        assert threads[0] == threads[1] != get_ident()

    @pytest.mark.django_db(transaction=True)
    def test_it_may_use_the_database_and_leaves_no_connection_behind(self) -> None:
        User.objects.create_user("ada@example.com")
        found: list[object] = []

        def work() -> None:
            found.append(User.objects.get().email)
            found.append(connection)

        in_request(work)
        assert found[0] == "ada@example.com"
        assert connection.connection is not None

        def connected() -> int:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                return int(cursor.fetchone()[0])

        if connection.vendor == "postgresql":
            assert eventually(lambda: connected() == 1)  # the server ends what was closed in its own time

    def test_what_is_quick_is_waited_for(self) -> None:
        done: list[int] = []
        in_request(lambda: done.append(1))
        assert done == [1]

    def test_its_error_propagates(self) -> None:
        with pytest.raises(RuntimeError, match="out of order"):
            in_request(fail)
        background._patience.set(None)
