"""Work that a user can go on without: when it fails, that is logged, and nothing else is harmed."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from django.db import connections, transaction


@contextmanager
def failures_logged(logger: logging.Logger, message: str) -> Iterator[None]:
    """Log whatever the block raises, with its traceback, and go on after it."""
    try:
        yield
    except Exception:
        logger.exception(message)


def savepoint(using: str) -> AbstractContextManager[object]:
    """Inside a transaction a savepoint, so that a statement that fails leaves the transaction usable.

    Outside of one nothing, and no query: there each statement stands alone.
    """
    return transaction.atomic(using=using) if connections[using].in_atomic_block else nullcontext()
