"""Sending signals of the site's own."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model
from django.dispatch import Signal


def send_on_commit(signal: Signal, sender: object, *, using: str | None = None, **kwargs: Any) -> None:
    """Send ``signal`` once the current transaction is committed; never if it is rolled back; at once if there is none.

    Each receiver that raises is logged with its traceback (logger ``django.dispatch``) and the others still run: what
    is committed is committed, and the caller has gone on. Receivers are functions, as Django's log asks for their
    ``__qualname__``; they get ``using``, and ``kwargs`` as they were passed.

    ``using`` is the alias of the database whose commit is waited for. By default it follows ``instance``, where there
    is one among ``kwargs``: the database that the instance was read from or saved to.
    """
    if using is None:
        instance = kwargs.get("instance")
        using = (instance._state.db if isinstance(instance, Model) else None) or DEFAULT_DB_ALIAS

    def send() -> None:
        signal.send_robust(sender, using=using, **kwargs)

    # robust: should the sending itself fail, that is logged too, and what others do on commit still happens.
    transaction.on_commit(send, using=using, robust=True)
