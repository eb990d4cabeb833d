"""Sending signals of the site's own."""

import weakref
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, NamedTuple, Protocol, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, router, transaction
from django.db.models import Model
from django.dispatch import Signal
from django.utils.module_loading import import_string

from core.names import name_of_sender, name_of_signal
from core.payloads import encode

Receiver = Callable[..., Any]
R = TypeVar("R", bound=Receiver)

# What the running thread or task has muted: see testing.signals. Each answers whether it mutes a receiver.
mutes: ContextVar[tuple[Callable[[Signal, object, Receiver], bool], ...]] = ContextVar("mutes", default=())


class OrderedSignal(Signal):
    """Reaches its receivers in the order in which it was sent, for each sender.

    ``per`` names an argument: then for each sender and value of that argument, such as each ``instance``. Several such
    signals of one sender keep their order among each other.
    """

    def __init__(self, *, per: str = "") -> None:
        super().__init__()
        self.per = per


class Delivery(Protocol):
    """How signals that are sent on commit reach their receivers (``SIGNAL_DELIVERY``)."""

    def send(self, signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
        """See to it that the receivers are called, if the transaction is committed, and only then."""

    def flush(self, using: str) -> None:
        """Deliver now what is committed and waits, and what that sends in turn. For tests."""


class InProcess:
    """Calls receivers right after the commit, in the process that made the change.

    Each one that raises is logged with its traceback (logger ``django.dispatch``) and the others still run: what is
    committed is committed, and the caller has gone on. Receivers are functions, as Django's log asks for their
    ``__qualname__``.

    Raises TypeError or ValueError for what no other process could be told, so that a delivery by other processes can
    take the place of this one without a change to what sends or receives.
    """

    def send(self, signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
        if any(uid for uid, _ in heard_by(signal, sender)):
            as_stored(signal, sender, arguments)

        def call() -> None:
            signal.send_robust(sender, using=using, **arguments)

        # robust: should the sending itself fail, that is logged too, and what others do on commit still happens.
        transaction.on_commit(call, using=using, robust=True)

    def flush(self, using: str) -> None:
        """Nothing waits."""


def delivery() -> Delivery:
    """What ``SIGNAL_DELIVERY`` names."""
    found: Delivery = import_string(settings.SIGNAL_DELIVERY)()
    return found


def send_on_commit(signal: Signal, sender: object, *, using: str | None = None, **kwargs: Any) -> None:
    """Send ``signal`` once the current transaction is committed; never if it is rolled back; at once if there is none.

    Receivers get ``using``, and ``kwargs`` as they were passed; what becomes of one that fails is up to the delivery.

    ``using`` is the alias of the database whose commit is waited for. By default it follows ``instance``, where there
    is one among ``kwargs``: the database that the instance would be saved to, which a router may name.

    Async code calls ``await sync_to_async(send_on_commit)(...)``. It has no transactions, so that sends at once.
    """
    if using is None:
        instance = kwargs.get("instance")
        using = DEFAULT_DB_ALIAS
        if isinstance(instance, Model):
            using = router.db_for_write(type(instance), instance=instance)
    delivery().send(signal, sender, using, kwargs)


def connected(signal: Signal, sender: object) -> Iterator[tuple[str, Receiver]]:
    """The receivers of what ``sender`` sends, by their ``dispatch_uid``; "" for those without.

    As they were connected: the lists of ``Signal._live_receivers`` may hold an APM's wrappers instead.
    """
    senders = (id(None), id(sender))  # as Django knows them
    for (key, sender_key), reference, *_ in list(signal.receivers):
        receiver = reference() if isinstance(reference, weakref.ReferenceType) else reference
        if receiver is not None and sender_key in senders:
            yield key if isinstance(key, str) else "", receiver


def heard_by(signal: Signal, sender: object) -> list[tuple[str, Receiver]]:
    """Those of ``connected`` that the running thread or task has not muted."""
    found = connected(signal, sender)
    return [each for each in found if not any(mute(signal, sender, each[1]) for mute in mutes.get())]


class Stored(NamedTuple):
    """A sending as text and JSON, for receivers in another process."""

    signal: str
    sender: str
    arguments: dict[str, Any]


def as_stored(signal: Signal, sender: object, arguments: dict[str, Any]) -> Stored:
    """How another process could be told. Raises TypeError or ValueError if it could not."""
    name = name_of_signal(signal)
    encoded = {key: encode(value, f'The argument "{key}" of {name}') for key, value in arguments.items()}
    if isinstance(signal, OrderedSignal) and signal.per and signal.per not in arguments:
        raise TypeError(f'{name} is sent in order for each "{signal.per}", and there is no such argument.')
    return Stored(name, name_of_sender(sender), encoded)


def outside_transaction(receiver: R) -> R:
    """Mark a receiver that acts on the outside world, such as one that sends mail.

    A delivery that remembers who was reached calls a receiver in a transaction, in which it also notes that: whatever
    the receiver does in the same database is done exactly once. This one it calls without a transaction, and notes it
    afterwards: it is done at least once.
    """
    vars(receiver)["outside_transaction"] = True
    return receiver
