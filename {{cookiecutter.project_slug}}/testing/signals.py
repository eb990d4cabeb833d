"""Muting and capturing signals in tests.

    with muted(post_save, receiver=index_page):
        Page.objects.create(...)  # not indexed

    with captured(rows_written, sender=Page) as sent:
        Page.objects.update(title="News")
    assert [send.kwargs["count"] for send in sent] == [3]

Both are felt only by the thread or task that asked (and by what it awaits or starts itself, for as long as the block
lasts), can be nested in any order, and are undone however the block ends.

How: while a signal has a mute or capture anywhere, its ``_live_receivers``, the one method through which all of
Django's ways of sending find whom to call, is shadowed on that signal by one that leaves out what the calling context
has muted. Nothing is disconnected, so nothing has to be put back into its place.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.apps import apps
from django.db.models.signals import ModelSignal
from django.dispatch import Signal

from core.dispatch import Receiver, connected, mutes


@dataclass(frozen=True)
class Send:
    """One sending of a signal: its sender and the keyword arguments that receivers got (without ``signal``)."""

    sender: Any
    kwargs: dict[str, Any]


@dataclass(eq=False)
class _Mute:
    receiver: Receiver | None
    sender: Any
    signal: Signal
    # A task that outlives the block keeps a copy of its context: this tells it that the block has ended.
    active: bool = True

    def __call__(self, signal: Signal, sender: Any, receiver: Receiver) -> bool:
        return (
            self.active
            and not isinstance(receiver, _Capture)
            and self.signal is signal
            and (self.sender is None or self.sender is sender)
            and (self.receiver is None or self.receiver == receiver)
        )


@dataclass(eq=False)
class _Capture:
    signal: Signal
    sender: Any
    sent: list[Send] = field(default_factory=list)

    def __call__(self, sender: Any, signal: Signal, **kwargs: Any) -> None:
        if self in _captures.get():
            self.sent.append(Send(sender, kwargs))


# What the running thread or task has asked for.
_captures: ContextVar[tuple[_Capture, ...]] = ContextVar("captures", default=())

# How many mutes and captures, in all threads, each shadowed signal has.
_uses: dict[Signal, int] = {}
_uses_lock = Lock()


@contextmanager
def muted(signal: Signal, receiver: Receiver | None = None, sender: Any = None) -> Iterator[None]:
    """Leave out receivers of ``signal``: all, or only ``receiver``, or only where ``sender`` sends, or both.

    ``sender`` may be a model's name (``"accounts.User"``) for the signals that Django's models send.
    A signal sent on commit is muted if the block is still open when the commit comes.
    """
    mute = _Mute(receiver, _resolve(signal, sender), signal)
    with _shadowed(signal):
        mutes.set((*mutes.get(), mute))
        try:
            yield
        finally:
            mute.active = False
            mutes.set(tuple(other for other in mutes.get() if other is not mute))


@contextmanager
def captured(signal: Signal, sender: Any = None) -> Iterator[list[Send]]:
    """List each sending of ``signal`` (by ``sender`` only, if one is given), muted or not, in order."""
    capture = _Capture(signal, _resolve(signal, sender))
    with _shadowed(signal):
        signal.connect(capture, sender=capture.sender, weak=False)
        _captures.set((*_captures.get(), capture))
        try:
            yield capture.sent
        finally:
            _captures.set(tuple(other for other in _captures.get() if other is not capture))
            signal.disconnect(capture, sender=capture.sender)


def _resolve(signal: Signal, sender: Any) -> Any:
    if isinstance(signal, ModelSignal) and isinstance(sender, str):
        return apps.get_model(sender)
    return sender


@contextmanager
def _shadowed(signal: Signal) -> Iterator[None]:
    """Have ``signal`` ask :func:`_leave_out` whom not to call, as long as anyone needs it."""

    def live_receivers(sender: Any) -> tuple[list[Receiver], list[Receiver]]:
        sync_receivers, async_receivers = type(signal)._live_receivers(signal, sender)
        known = [receiver for _, receiver in connected(signal, sender)]
        _leave_out(signal, sender, sync_receivers, [each for each in known if not iscoroutinefunction(each)])
        _leave_out(signal, sender, async_receivers, [each for each in known if iscoroutinefunction(each)])
        return sync_receivers, async_receivers

    with _uses_lock:
        _uses[signal] = _uses.get(signal, 0) + 1
        vars(signal)["_live_receivers"] = live_receivers
    try:
        yield
    finally:
        with _uses_lock:
            _uses[signal] -= 1
            if not _uses[signal]:
                del _uses[signal]
                del vars(signal)["_live_receivers"]


def _leave_out(signal: Signal, sender: Any, receivers: list[Receiver], known: list[Receiver]) -> None:
    """Leave out of ``receivers`` those that this thread or task has muted, and the captures of others.

    In place: the list may be of a class of its own, such as one that knows when each receiver is called.
    """
    for index in reversed(range(len(receivers))):
        # An APM's wrapper stands for the one that was connected in its place.
        receiver = receivers[index] if receivers[index] in known else known[index]
        if (
            receiver not in _captures.get()
            if isinstance(receiver, _Capture)
            else any(mute(signal, sender, receiver) for mute in mutes.get())
        ):
            del receivers[index]
