"""Work that must not hold a web request for long, such as sending mail.

In a request it is done by a thread, and the request waits for it for ``MAIL_HOLDS_REQUEST`` seconds at most, all such
work together. What is not done by then goes on without the request; if it fails, that is logged. Anywhere else, in a
command or a worker, there is nobody to be held: the work is done right there, and an error propagates.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import cache
from threading import BoundedSemaphore
from time import monotonic

from django.conf import settings
from django.db import connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

logger = logging.getLogger(__name__)

THREADS = 4
# How much may wait for a thread. More is refused: a mail server that is down must not fill the memory.
WAITING = 1000


@dataclass
class Patience:
    """For how many seconds the request may still be held."""

    seconds: float


_patience: ContextVar[Patience | None] = ContextVar("patience", default=None)
_places = BoundedSemaphore(WAITING)


class BackgroundMiddleware(MiddlewareMixin):
    """Lets :func:`run_for_request` know that there is a request."""

    def process_request(self, request: HttpRequest) -> None:
        """Begin with all of the time."""
        _patience.set(Patience(settings.MAIL_HOLDS_REQUEST))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave nothing behind for whatever the thread does next."""
        _patience.set(None)
        return response


def run_for_request(work: Callable[[], object], *, hold: bool = True) -> None:
    """Do ``work``; in a web request no longer than it may be held, the rest in the background.

    Raises what ``work`` raises, as far as that is known in time, and RuntimeError if too much is waiting already.
    ``hold=False``: the request is not held at all, so that how long it takes tells nothing of the work.
    """
    patience = _patience.get()
    if patience is None:
        work()
        return
    if not _places.acquire(blocking=False):
        raise RuntimeError("Too much is waiting to be done in the background, and this was not done.")
    context = copy_context()
    context.run(_patience.set, None)
    done = _threads().submit(context.run, _do, work)
    if hold:
        begun = monotonic()
        wait([done], timeout=max(0, patience.seconds))
        patience.seconds -= monotonic() - begun
    if hold and done.done():
        done.result()
    else:
        done.add_done_callback(_log_failure)


@cache
def _threads() -> ThreadPoolExecutor:
    """The threads, made when they are first needed: a process that is forked has none of its parent's."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="background")


def _do(work: Callable[[], object]) -> None:
    try:
        work()
    finally:
        _places.release()
        connections.close_all()


def _log_failure(done: Future[None]) -> None:
    if error := done.exception():
        logger.error("What was left to the background failed.", exc_info=error)
