"""Transactions that are there already, or are not."""

from contextlib import AbstractContextManager, nullcontext

from django.db import connections, transaction


def savepoint(using: str) -> AbstractContextManager[object]:
    """Inside a transaction a savepoint, so that a statement that fails leaves the transaction usable.

    Outside of one nothing, and no query: there each statement stands alone.
    """
    return transaction.atomic(using=using) if connections[using].in_atomic_block else nullcontext()


def joined(using: str) -> AbstractContextManager[object]:
    """The transaction that there is, or a new one: whoever opened it decides what an error undoes."""
    return nullcontext() if connections[using].in_atomic_block else transaction.atomic(using=using)
