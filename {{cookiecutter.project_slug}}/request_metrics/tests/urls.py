"""The site's addresses, and some whose views answer, stream or fail: a ``ROOT_URLCONF`` for tests."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from config.urls import urlpatterns as of_site


class OutOfOrderError(Exception):
    pass


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


async def in_loop(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in the event loop")


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        yield b"chunk"

    return StreamingHttpResponse(chunks())


def failing(request: HttpRequest) -> HttpResponse:
    raise OutOfOrderError(f"asked for {request.GET}")


VIEWS = (plain, in_loop, streaming, failing)

urlpatterns = [*(path(view.__name__, view, name=view.__name__) for view in VIEWS), *of_site]
