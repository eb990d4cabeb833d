"""The cache, as something that may be down: then everything is read from the database, and one warning says so."""

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from django.core.cache import BaseCache, cache

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Seconds until a cache that has failed is tried again.
RETRY_AFTER = 2.0


class State:
    """What this process knows of the cache."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.down = False
        self.retry_at = 0.0
        self.failures = 0
        # Which server the cache is connected to, and which life of it; "" where it does not say: see ``backends.py``.
        self.server = ""


state = State()


def attempt(operation: Callable[[BaseCache], T], on_return: Callable[[BaseCache], object]) -> T | None:
    """What ``operation`` returns, given the cache; None while the cache is down.

    A process that finds the cache back calls ``on_return`` before anything else, because what was written meanwhile has
    not reached the cache. It is back when that has succeeded and nothing has failed since.

    If the server turns out to be another one than before, ``operation`` is called once more: it may have used names
    that are good for the other alone.
    """
    with state.lock:
        returning = state.down
        if returning:
            if time.monotonic() < state.retry_at:
                return None
            state.retry_at = time.monotonic() + RETRY_AFTER  # one tries, the others go on without
        failures = state.failures
    try:
        if returning:
            on_return(cache)
        server = state.server
        result = operation(cache)
        if state.server != server:
            result = operation(cache)
    except Exception as error:
        if distrust():
            logger.warning("The cache is down, everything is read from the database: %r", error)
        return None
    with state.lock:
        if state.failures != failures:
            return None  # it has failed for another thread: what it said before that says nothing now
        if returning:
            state.down = False
    if returning:
        logger.warning("The cache is back.")
    return result


def distrust() -> bool:
    """Take the cache for down: it has failed, or was not told of a change. Return whether that is new."""
    with state.lock:
        known, state.down = state.down, True
        state.failures += 1
        if not known:
            state.retry_at = time.monotonic() + RETRY_AFTER
    return not known
