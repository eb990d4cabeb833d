"""What counting requests costs each of them: uv run benchmarks/count_requests.py"""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack

from sites import in_each_database, size

REPEAT, ROUNDS = size(100, 5), size(41, 3)
MIDDLEWARE = "request_metrics.middleware.metrics_middleware"


def of_client() -> float:
    """A request of a test's client, in seconds."""
    from django.test import Client

    client = Client()
    client.get("/")
    start = time.perf_counter()
    for _ in range(REPEAT):
        client.get("/")
    return (time.perf_counter() - start) / REPEAT


def of_async_client() -> float:
    """A request of a test's asynchronous client."""
    from django.test import AsyncClient

    async def ask() -> float:
        client = AsyncClient()
        await client.get("/async")
        start = time.perf_counter()
        for _ in range(REPEAT):
            await client.get("/async")
        return (time.perf_counter() - start) / REPEAT

    return asyncio.run(ask())


def of_handler() -> float:
    """A request as a WSGI server makes it."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import RequestFactory

    handler, environ = WSGIHandler(), RequestFactory().get("/").environ
    start = time.perf_counter()
    for _ in range(REPEAT):
        handler(dict(environ), lambda status, headers: None).close()
    return (time.perf_counter() - start) / REPEAT


def compare(name: str, measure: Callable[[], float]) -> None:
    """Print what it takes without the app, and with it."""
    from django.core.signals import got_request_exception, request_finished, request_started
    from django.test import override_settings

    from request_metrics import signals
    from request_metrics.buffer import buffer

    bare, ours = [], []
    receivers = (
        (request_started, signals.start_clock),
        (request_finished, signals.count_request),
        (got_request_exception, signals.keep_failure),
    )
    for _ in range(ROUNDS):  # in turns, so that both see the same machine
        with override_settings(MIDDLEWARE=[MIDDLEWARE]):
            ours.append(measure())
        buffer.take()
        with override_settings(MIDDLEWARE=[]), ExitStack() as stack:
            for signal, receiver in receivers:
                signal.disconnect(receiver, dispatch_uid=f"{receiver.__module__}.{receiver.__qualname__}")
                stack.callback(signal.connect, receiver, dispatch_uid=f"{receiver.__module__}.{receiver.__qualname__}")
            bare.append(measure())
    without = statistics.median(bare)
    more = statistics.median(with_it - alone for with_it, alone in zip(ours, bare, strict=True))
    print(
        f"  {name:22} bare {without * 1e6:6.1f} us   ours {more * 1e6:+5.1f} us   {1 + more / without:4.2f} x",
        flush=True,
    )


def measure_flush() -> None:
    """Print what a flush of 50 routes takes."""
    from request_metrics.buffer import buffer
    from request_metrics.flushing import background

    times = []
    for _ in range(size(50, 3)):
        for number in range(50):
            for seconds in (0.003, 0.03):
                buffer.add(f"route {number}", 2, seconds)
        start = time.perf_counter()
        background.flush()
        times.append(time.perf_counter() - start)
    print(f"  a flush of 100 counts  {statistics.median(times) * 1e3:6.1f} ms", flush=True)


def main() -> None:
    """Run in a site."""
    import django
    from django.conf import settings

    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]
    settings.REQUEST_METRICS_FLUSH = 0
    settings.ROOT_URLCONF = __name__
    django.setup()
    from django.core.management import call_command
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    async def in_loop(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    globals()["urlpatterns"] = [path("", lambda request: HttpResponse()), path("async", in_loop)]
    call_command("migrate", verbosity=0)
    compare("WSGI handler", of_handler)
    compare("client", of_client)
    compare("asynchronous client", of_async_client)
    measure_flush()


if __name__ == "__main__":
    main() if "IN_SITE" in os.environ else in_each_database(__file__)
