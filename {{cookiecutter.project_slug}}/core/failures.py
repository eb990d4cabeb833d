"""Work that a user can go on without: when it fails, that is logged, and nothing else is harmed."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def failures_logged(logger: logging.Logger, message: str) -> Iterator[None]:
    """Log whatever the block raises, with its traceback, and go on after it."""
    try:
        yield
    except Exception:
        logger.exception(message)
