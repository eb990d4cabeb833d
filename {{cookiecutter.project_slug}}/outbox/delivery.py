"""Storing signals where they are sent."""

import logging
from hashlib import sha256
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.db import transaction
from django.dispatch import Signal

from core.dispatch import OrderedSignal, Receiver, Stored, as_stored, heard_by
from core.failures import failures_logged
from core.payloads import dump
from outbox.models import Event

logger = logging.getLogger("django.dispatch")


class Outbox:
    """A signal becomes a row, in the transaction that sends it, and a relay calls the receivers: see ``relay.py``.

    The row costs one INSERT. It is for the receivers that are connected now and have a text as their ``dispatch_uid``,
    by which the relay finds them. Others, such as those that tests connect, are called in this process right after the
    commit; one that fails is logged.

    Raises TypeError or ValueError if the sender or an argument cannot be stored, or the signal has no name.
    """

    def send(self, signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
        # By their names, each once: a receiver may be connected for a sender and for all.
        names = dict.fromkeys(uid for uid, _ in heard_by(signal, sender) if uid)
        if names:
            self.store(signal, sender, using, arguments, list(names))
        transaction.on_commit(lambda: _call_unnamed(signal, sender, using, arguments), using=using, robust=True)

    def store(
        self, signal: Signal, sender: object, using: str, arguments: dict[str, Any], receivers: list[str]
    ) -> None:
        """Write the row."""
        stored = as_stored(signal, sender, arguments)
        event = Event(
            signal=stored.signal,
            sender=stored.sender,
            arguments=dump(stored.arguments),
            receivers=receivers,
            order_key=_order_key(signal, stored),
        )
        event.save(using=using, force_insert=True)

    def flush(self, using: str) -> None:
        """Deliver what is due, in this process, and what that sends in turn."""
        from outbox.relay import Relay

        Relay(using).deliver_due()


def call(receiver: Receiver, signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
    """Call a receiver, asynchronous or not, and wait for it."""
    run = async_to_sync(receiver) if iscoroutinefunction(receiver) else receiver
    run(signal=signal, sender=sender, using=using, **arguments)


def _call_unnamed(signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
    for uid, receiver in heard_by(signal, sender):
        if not uid:
            with failures_logged(logger, f"The receiver {receiver!r} failed."):
                call(receiver, signal, sender, using, arguments)


def _order_key(signal: Signal, stored: Stored) -> str:
    """What is the same for all that has to stay in order; "" if it does not."""
    if not isinstance(signal, OrderedSignal):
        return ""
    key = dump([stored.sender, stored.arguments.get(signal.per)])
    return key if len(key) <= 200 else sha256(key.encode()).hexdigest()
