"""Tells the signals' receivers which request it is: ``request_finished`` does not say so."""

from threading import local
from time import perf_counter
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from request_metrics.buffer import buffer

# Where the receiver of request_started leaves the time, in what it shares with the request: the environ or the scope.
STARTED = "request_metrics.started"
# The route of what is answered before a view is found: 404s, static files, redirects to HTTPS.
NO_VIEW = "(no view)"


class Closing(local):
    """The request whose response is being closed in this thread: its beginning, route and status."""

    request: tuple[float, str, int] | None = None


closing = Closing()


@sync_and_async_middleware
def metrics_middleware(get_response: Any) -> Any:
    """The first of all, so that it sees what the others answer by themselves."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            try:
                response: HttpResponseBase = await get_response(request)
            except BaseException as error:
                count_unanswered(request, error)
                raise
            follow(request, response)
            return response

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = get_response(request)
        except BaseException as error:
            count_unanswered(request, error)
            raise
        follow(request, response)
        return response

    return answer


def route_of(request: HttpRequest | None) -> str:
    """The name of the view, or its dotted path: there are only so many, whatever addresses are asked for."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else NO_VIEW


def started(request: HttpRequest) -> float | None:
    """When the request began; None if it came without ``request_started``."""
    began: float | None = getattr(request, "scope", request.META).get(STARTED)
    return began


def count_unanswered(request: HttpRequest, error: BaseException) -> None:
    """Count a request without a response: the client has gone, the process ends, or errors are to reach the server."""
    if began := started(request):
        buffer.add(route_of(request), 5 if isinstance(error, Exception) else 0, perf_counter() - began)


def follow(request: HttpRequest, response: HttpResponseBase) -> None:
    """Have it known, when the response is closed, whose it is.

    ``close()`` is called by the server after the last byte, or when the client has gone. It sends ``request_finished``
    in the same thread, before it returns.
    """
    began = started(request)
    if began is None:
        return
    whose = (began, route_of(request), response.status_code // 100)

    def close() -> None:
        # From now on it is the class's own; no cycle keeps the response in memory, and it is closed for once.
        first = vars(response).pop("close", None)
        before, closing.request = closing.request, whose if first else None
        try:
            response.close()
        finally:
            closing.request = before

    vars(response)["close"] = close
