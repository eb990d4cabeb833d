"""Views of every kind, at addresses of their names, beside those of the site: a ``ROOT_URLCONF`` for tests."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Iterator
from threading import Event
from typing import Any

from django.core.signals import request_finished
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as of_site

# Set by views that have nothing more to say for long.
waiting = Event()


class OutOfOrderError(Exception):
    pass


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


async def in_loop(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in the loop")


async def endless(request: HttpRequest) -> HttpResponse:
    waiting.set()
    await asyncio.sleep(60)
    return HttpResponse()


def failing(request: HttpRequest) -> HttpResponse:
    raise OutOfOrderError(f"a secret: {request.GET}")


async def failing_in_loop(request: HttpRequest) -> HttpResponse:
    raise OutOfOrderError


def failing_in_library(request: HttpRequest) -> HttpResponse:
    return HttpResponse(int(request.GET["number"]))


def ending_process(request: HttpRequest) -> HttpResponse:
    raise SystemExit


def nesting(request: HttpRequest) -> HttpResponse:
    return HttpResponse(Client().get("/plain").content + Client().get("/in_loop").content)


def slow_chunks() -> Iterator[bytes]:
    for _ in range(3):
        time.sleep(0.02)
        yield b"chunk"


async def slow_chunks_in_loop() -> AsyncIterator[bytes]:
    yield b"chunk"
    waiting.set()
    await asyncio.sleep(60)
    yield b"chunk"


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(slow_chunks())


async def streaming_in_loop(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(slow_chunks_in_loop())


class Holding:
    """A body that closes the response of another request when it is closed, and says that it is finished itself."""

    def __init__(self) -> None:
        self.inner: Any = Client().get("/streaming")

    def __iter__(self) -> Iterator[bytes]:
        yield from self.inner

    def close(self) -> None:
        self.inner.close()
        request_finished.send(None)


def holding(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(Holding())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"file"))


def strange(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=418)


VIEWS = (
    plain,
    in_loop,
    endless,
    failing,
    failing_in_loop,
    failing_in_library,
    ending_process,
    nesting,
    streaming,
    streaming_in_loop,
    holding,
    file,
    strange,
)

urlpatterns = [*(path(view.__name__, view, name=view.__name__) for view in VIEWS), *of_site]
urlpatterns.append(path("unnamed/<int:number>", lambda request, number: HttpResponse()))
