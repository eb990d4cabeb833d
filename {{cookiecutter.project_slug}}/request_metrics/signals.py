"""Receivers of what Django sends for each request. They cost a few microseconds, and no query."""

import logging
import os
import sys
from time import perf_counter
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.failures import failures_logged
from request_metrics.buffer import buffer
from request_metrics.flushing import background
from request_metrics.middleware import STARTED, closing, route_of

logger = logging.getLogger(__name__)


def start_clock(*, environ: dict[str, Any] | None = None, scope: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Note when the request began, where its middleware finds it. A context variable would be lost under ASGI."""
    request = environ if scope is None else scope
    if request is not None:  # others send this signal for work that is no request
        request[STARTED] = perf_counter()
    if background.thread is None:
        background.start()


def count_request(**kwargs: Any) -> None:
    """Count the request whose response was closed. Sent without one, the middleware has counted it."""
    request, closing.request = closing.request, None
    if request is not None:
        began, route, status = request
        buffer.add(route, status, perf_counter() - began)


def keep_failure(*, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Count an exception by its type and place. What it says is not kept: it may hold what the request has sent."""
    with failures_logged(logger, "A failure could not be counted."):
        error = sys.exc_info()[1]
        if error is not None:
            kind = type(error)
            buffer.add_failure(f"{kind.__module__}.{kind.__qualname__}", place_of(error), route_of(request))


def place_of(error: BaseException) -> str:
    """The innermost line of the site's own code, such as ``pages/views.py:42 page``; else that of the library."""
    site = f"{settings.BASE_DIR}{os.sep}"
    trace, found, ours = error.__traceback__, error.__traceback__, False
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.startswith(site) and "site-packages" not in file:
            found, ours = trace, True
        elif not ours:
            found = trace
        trace = trace.tb_next
    if found is None:
        return ""
    code = found.tb_frame.f_code
    # A library by the name of its module: the path is the machine's.
    name = str(found.tb_frame.f_globals.get("__name__"))
    file = code.co_filename.removeprefix(site).replace(os.sep, "/") if ours else name
    return f"{file}:{found.tb_lineno} {code.co_qualname}"
