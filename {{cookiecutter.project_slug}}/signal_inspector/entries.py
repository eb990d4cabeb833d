"""What a signal itself keeps of its receivers."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from weakref import ReferenceType

from django.dispatch import Signal

# What Django makes of no sender.
ANY = id(None)

Key = tuple[Any, Any]


@dataclass(frozen=True)
class Entry:
    """What a signal keeps of one receiver."""

    key: Key  # the dispatch_uid, or else the receiver's identity; the sender's identity
    held: Any  # the receiver, or a weak reference to it
    sender: Any  # a weak reference to the sender, where Django keeps one
    is_async: bool

    @property
    def weak(self) -> bool:
        """Whether the signal does not keep the receiver alive."""
        return isinstance(self.held, ReferenceType)

    @property
    def receiver(self) -> Callable[..., Any] | None:
        """None, if it was held weakly and is dead."""
        receiver: Callable[..., Any] | None = self.held() if self.weak else self.held
        return receiver


def entries_of(signal: Signal) -> list[Entry]:
    """All that a signal has in ``receivers``, in order."""
    return [_entry(parts) for parts in list(signal.receivers)]


def _entry(parts: Iterable[Any]) -> Entry:
    """Read by kind: the tuples are longer since Django 6.0. A receiver still comes before a reference to its sender."""
    key: Key = ("", ANY)
    is_async = False
    others = []
    for part in parts:
        if isinstance(part, tuple):
            key = (part[0], part[1])
        elif isinstance(part, bool):
            is_async = part
        else:
            others.append(part)
    return Entry(key, others[0], others[1] if len(others) > 1 else None, is_async)


def identity(thing: Any) -> Any:
    """What Django knows a sender by, and a receiver without a ``dispatch_uid``."""
    return (id(thing.__self__), id(thing.__func__)) if hasattr(thing, "__func__") else id(thing)


def key_of(receiver: Any, sender: Any, dispatch_uid: Any) -> Key:
    """Of two receivers with one key, a signal drops the second."""
    return (dispatch_uid or identity(receiver), identity(sender))


def same(one: Callable[..., Any] | None, other: Callable[..., Any]) -> bool:
    """Whether they are one receiver. A bound method is made anew each time that it is asked for."""
    return one is other or (inspect.ismethod(one) and inspect.ismethod(other) and one == other)
