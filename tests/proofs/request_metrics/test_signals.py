"""Each request is counted once, on WSGI and ASGI, streamed or not, answered or abandoned."""

import asyncio
import gc
import json
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import got_request_exception, request_finished, request_started
from django.test import AsyncClient, Client, RequestFactory
from pytest_django import Settings

from proofs.request_metrics import counted, serve_asgi, serve_wsgi
from proofs.request_metrics.views import waiting
from proofs.threads import run_at_once
from request_metrics import signals
from request_metrics.buffer import buffer
from request_metrics.flushing import background
from request_metrics.middleware import NO_VIEW, closing

ANSWERS = [
    ("/plain", ("plain", 2)),
    ("/in_loop", ("in_loop", 2)),
    ("/failing", ("failing", 5)),
    ("/failing_in_loop", ("failing_in_loop", 5)),
    ("/strange", ("strange", 4)),
    ("/streaming", ("streaming", 2)),
    ("/file", ("file", 2)),
]


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Any:
    """No test leaves a request that the next one could be taken for."""
    waiting.clear()
    yield
    assert closing.request is None


class TestServers:
    @pytest.mark.parametrize(("path", "counts"), ANSWERS)
    def test_wsgi(self, path: str, counts: tuple[str, int]) -> None:
        serve_wsgi(path)
        assert counted() == {counts: 1}

    @pytest.mark.parametrize(("path", "counts"), ANSWERS)
    # Django says so of what has a synchronous iterator.
    @pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators:Warning")
    def test_asgi(self, path: str, counts: tuple[str, int]) -> None:
        asyncio.run(serve_asgi(path))
        assert counted() == {counts: 1}

    @pytest.mark.parametrize(("path", "counts"), ANSWERS)
    def test_clients_of_tests(self, path: str, counts: tuple[str, int]) -> None:
        response: Any = Client(raise_request_exception=False).get(path)
        if response.streaming:
            assert counted() == {}
            b"".join(response)
        assert counted() == {counts: 1}

    @pytest.mark.parametrize(("path", "counts"), ANSWERS[:5])
    def test_asynchronous_clients(self, path: str, counts: tuple[str, int]) -> None:
        async def ask() -> None:
            await AsyncClient(raise_request_exception=False).get(path)

        asyncio.run(ask())
        assert counted() == {counts: 1}

    def test_files_that_the_server_sends_by_itself(self) -> None:
        class Sender:
            def __init__(self, file: Any, size: int) -> None:
                self.close = file.close

        environ = RequestFactory().get("/file").environ | {"wsgi.file_wrapper": Sender}
        response: Any = WSGIHandler()(environ, lambda *args: lambda data: None)
        assert counted() == {}
        response.close()
        assert counted() == {("file", 2): 1}


class TestManyAtOnce:
    def test_threads_do_not_mistake_one_for_another(self) -> None:
        paths = ("/plain", "/streaming", "/strange", "/nesting")
        run_at_once(*[lambda path=path: [serve_wsgi(path) for _ in range(20)] for path in paths * 2])
        assert counted() == {
            ("plain", 2): 80,
            ("in_loop", 2): 40,
            ("streaming", 2): 40,
            ("strange", 4): 40,
            ("nesting", 2): 40,
        }

    def test_tasks_do_not_either(self) -> None:
        async def ask() -> None:
            paths = ("/plain", "/in_loop", "/failing_in_loop") * 10
            await asyncio.gather(*[serve_asgi(path) for path in paths], serve_asgi("/endless", gone_when=waiting))

        asyncio.run(ask())
        assert counted() == {
            ("plain", 2): 10,
            ("in_loop", 2): 10,
            ("failing_in_loop", 5): 10,
            ("endless", 0): 1,
        }

    def test_a_client_within_a_view(self) -> None:
        serve_wsgi("/nesting")
        assert counted() == {("plain", 2): 1, ("in_loop", 2): 1, ("nesting", 2): 1}

    def test_a_response_whose_end_ends_another(self) -> None:
        serve_wsgi("/holding", chunks=1)
        assert counted() == {("streaming", 2): 1, ("holding", 2): 1}


class TestEnds:
    def test_a_stream_is_timed_to_its_last_byte(self) -> None:
        serve_wsgi("/streaming")
        (sums,) = buffer.take().counts.values()
        assert sums.seconds >= 0.06

    def test_a_client_that_goes_away_midway(self) -> None:
        assert serve_wsgi("/streaming", chunks=1) == [b"chunk"]
        assert counted() == {("streaming", 2): 1}
        sent = asyncio.run(serve_asgi("/streaming_in_loop", gone_when=waiting))
        assert [message.get("body") for message in sent[1:]] == [b"chunk"]
        assert counted() == {("streaming_in_loop", 2): 1}

    def test_a_client_that_goes_away_before_the_answer(self) -> None:
        asyncio.run(serve_asgi("/endless", gone_when=waiting))
        assert counted() == {("endless", 0): 1}

    def test_a_process_that_ends_before_the_answer(self) -> None:
        with pytest.raises(SystemExit):
            serve_wsgi("/ending_process")
        assert counted() == {("ending_process", 0): 1}

    def test_an_error_that_is_to_reach_the_server(self, settings: Settings) -> None:
        settings.DEBUG_PROPAGATE_EXCEPTIONS = True
        with pytest.raises(Exception, match="a secret"):
            serve_wsgi("/failing")
        assert counted() == {("failing", 5): 1}

    def test_a_response_that_is_never_closed_is_not_taken_for_another(self) -> None:
        response = Client().get("/streaming")
        Client().get("/plain")
        assert counted() == {("plain", 2): 1}
        del response
        gc.collect()
        Client().get("/strange")
        assert counted() == {("strange", 4): 1}

    def test_one_that_is_closed_twice_is_counted_once(self) -> None:
        Client().get("/plain").close()
        assert counted() == {("plain", 2): 1}

    def test_responses_do_not_wait_for_the_garbage_collector(self) -> None:
        response: Any = Client().get("/plain")
        assert "close" not in vars(response)

    def test_what_is_sent_without_a_request_is_nobodys(self) -> None:
        request_started.send(None)
        request_finished.send(None)
        assert counted() == {}


@pytest.mark.django_db
class TestRoutes:
    def test_are_as_many_as_there_are_views(self, client: Client) -> None:
        for number in range(20):
            client.get(f"/{number}/wp-login.php")
            client.get(f"/unnamed/{number}")
        assert counted() == {(NO_VIEW, 4): 20, ("proofs.request_metrics.views.<lambda>", 2): 20}

    def test_a_redirect_to_https_has_none(self, client: Client, settings: Settings) -> None:
        settings.SECURE_SSL_REDIRECT = True
        assert client.get("/plain").status_code == 301
        assert counted() == {(NO_VIEW, 3): 1}

    def test_static_files_have_none(self, client: Client, settings: Settings) -> None:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[:2], "whitenoise.middleware.WhiteNoiseMiddleware"]
        settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
        response: Any = client.get("/static/site.css")
        b"".join(response)
        assert counted() == {(NO_VIEW, 2): 1}


def failing_middleware(get_response: Callable[..., Any]) -> Callable[..., Any]:
    """One that fails before there is a view."""

    def middleware(request: Any) -> Any:
        raise ZeroDivisionError

    return middleware


class TestFailures:
    def ask(self, path: str) -> dict[tuple[str, str, str], int]:
        Client(raise_request_exception=False).get(path)
        return {(key.type, key.place, key.route): seen.count for key, seen in buffer.take().failures.items()}

    def test_are_placed_in_the_sites_own_code(self) -> None:
        ((kind, place, _),) = self.ask("/failing_in_library")
        assert kind == "django.utils.datastructures.MultiValueDictKeyError"
        assert place.startswith("proofs/request_metrics/views.py:")

    def test_are_placed_in_a_library_if_none_of_the_sites_code_is_there(self) -> None:
        with pytest.raises(ValueError, match="Expecting property name") as caught:
            json.loads("{")
        trace = caught.value.__traceback__
        assert trace is not None
        place = signals.place_of(caught.value.with_traceback(trace.tb_next))
        assert re.fullmatch(r"json\.decoder:\d+ JSONDecoder\.raw_decode", place)

    def test_of_a_middleware(self, settings: Settings) -> None:
        name = f"{failing_middleware.__module__}.{failing_middleware.__qualname__}"
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[:1], name]
        Client(raise_request_exception=False).get("/plain")
        batch = buffer.take()
        assert [(key.route, key.status) for key in batch.counts] == [(NO_VIEW, 5)]
        assert [key.type for key in batch.failures] == ["builtins.ZeroDivisionError"]

    def test_one_while_another_is_told_of_is_counted_too(self) -> None:
        def fail(**kwargs: object) -> None:
            if isinstance(sys.exc_info()[1], LookupError):
                return
            raise LookupError

        got_request_exception.connect(fail)
        try:
            found = self.ask("/failing")
        finally:
            got_request_exception.disconnect(fail)
        assert sorted(kind for kind, _, _ in found) == [
            "builtins.LookupError",
            "proofs.request_metrics.views.OutOfOrderError",
        ]

    def test_sent_without_an_exception_or_a_request_are_none(self) -> None:
        got_request_exception.send(None)
        assert not buffer.take().failures

    def test_also_in_asynchronous_views(self) -> None:
        asyncio.run(serve_asgi("/failing_in_loop"))
        ((_, place, route),) = buffer.take().failures
        assert place.endswith(" failing_in_loop")
        assert route == "failing_in_loop"


class TestNoHarm:
    def test_a_process_without_room_for_a_thread_goes_on(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(thread: object) -> None:
            raise RuntimeError("can't start new thread")

        settings.REQUEST_METRICS_FLUSH = 10
        monkeypatch.setattr("atexit.register", lambda function: None)
        monkeypatch.setattr("threading.Thread.start", fail)
        background.forget()
        try:
            assert [Client().get("/plain").status_code for _ in range(2)] == [200, 200]
        finally:
            background.forget()
        assert caplog.text.count("Requests are stored only when this process ends.") == 1
        assert counted() == {("plain", 2): 2}

    def test_costs_no_query(self) -> None:
        # No django_db mark: the first query would fail this test.
        assert Client().get("/plain").content == b"plain"

    def test_no_thread_is_started_where_none_is_wanted(self) -> None:
        Client().get("/plain")
        assert background.thread is None
