"""How sends are watched: what replaces the methods of ``Signal`` while somebody traces or counts.

All ways of sending ask ``_live_receivers`` whom to call, and go through the list that they get. That list is replaced
by one that knows when it is asked for the next receiver: what lies between is a call. So receivers are called by Django
itself, as ever, and none is missed, whoever has connected it and whenever. Asynchronous ones, which run all at once,
are called through a function that stands before each.
"""

from collections.abc import Callable, Coroutine, Generator, Iterator
from functools import wraps
from inspect import iscoroutinefunction
from time import perf_counter_ns
from types import coroutine
from typing import Any

from django.dispatch import Signal

from signal_inspector import counting
from signal_inspector.patches import Function, Patches
from signal_inspector.tree import NOWHERE, Call, Receiver, Send, current

Found = tuple[list[Receiver], list[Receiver]]


class Watched(list[Receiver]):
    """Receivers that are noted as they are called one after the other: each from the end of the one before it."""

    __slots__ = ("send",)
    send: Send

    def __iter__(self) -> Iterator[Receiver]:
        send = self.send
        if not enter(send, len(self)):
            yield from list.__iter__(self)
            return
        repeated, recorder, tallies = send.repeated(), send.recorder, counting.tallies
        calls = send.children = send.children or []
        now = perf_counter_ns()
        for receiver in list.__iter__(self):
            send.running = call = Call()
            call.receiver = receiver
            call.parent = call.send = send
            call.recorder = recorder
            if repeated:
                call.again = receiver in repeated
            calls.append(call)
            current.set(call)
            call.start = now
            yield receiver
            call.end = now = perf_counter_ns()
            if tallies is not None:
                count(call)
        send.running = None
        current.set(send)


class Counted(list[Receiver]):
    """Receivers that are counted and timed as they are called one after the other, and not traced."""

    __slots__ = ("send",)
    send: Send

    def __iter__(self) -> Iterator[Receiver]:
        send, tallies = self.send, counting.tallies
        if tallies is None:
            yield from list.__iter__(self)
            return
        for receiver in list.__iter__(self):
            send.running = tally = tallies.of(send.signal, receiver)
            send.start = start = perf_counter_ns()
            yield receiver
            tally.add(perf_counter_ns() - start)
        send.running = None


class AtOnce(list[Receiver]):
    """Asynchronous receivers. Who goes through them for the first time calls them; later they are themselves again."""

    __slots__ = ("called", "send")
    send: Send
    called: bool

    def __iter__(self) -> Iterator[Receiver]:
        if self.called:
            return list.__iter__(self)
        self.called = True
        kept = enter(self.send, len(self))
        repeated = self.send.repeated() if kept else []
        return iter([watched(receiver, self.send, kept, repeated) for receiver in list.__iter__(self)])


def enter(send: Send, calls: int) -> bool:
    """Put a send that somebody hears into the tree. False if it is not traced, or there is no room for its calls."""
    recorder = send.recorder
    if not (calls and recorder.traces):
        return False
    if recorder.room < calls:
        send.heard = True
        recorder.room = 0
        recorder.not_kept += calls
        return False
    recorder.room -= calls
    if not send.heard and send.parent is not None:
        send.parent.add(send)
    send.heard = True
    return True


def watched(receiver: Receiver, send: Send, kept: bool, repeated: list[Receiver]) -> Receiver:
    """What calls an asynchronous receiver, and notes how long it takes until it is done."""
    call = Call()
    call.receiver = receiver
    call.parent = call.send = send
    call.recorder = send.recorder
    call.again = receiver in repeated
    if kept:
        send.add(call)

    @wraps(receiver)
    async def run(**named: Any) -> Any:
        call.start = perf_counter_ns()
        try:
            return await within(call, receiver(**named))
        except BaseException as error:
            call.fail(error)
            send.failed = True
            raise
        finally:
            call.end = perf_counter_ns()
            count(call)

    return run


def count(call: Call) -> None:
    """Count a call that has ended."""
    if counting.tallies is not None:
        tally = counting.tallies.of(call.send.signal, call.receiver)
        tally.add(call.end - call.start)
        if call.error:
            tally.fail()


def left(send: Send, error: BaseException) -> None:
    """An error has left ``send``: nobody will ask for the next receiver, and so say when this one has ended."""
    running = send.running
    if running is None or send.failed:
        return
    if isinstance(running, Call):
        running.fail(error)
        running.end = perf_counter_ns()
        count(running)
    else:
        running.add(perf_counter_ns() - send.start)
        running.fail()


@coroutine
def within(node: Call | Send, running: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Run a coroutine, with ``current`` as ``node`` while it does so, and only then: several may share a context."""
    resume: Callable[[Any], Any] = running.send
    value: Any = None
    while True:
        token = current.set(node)
        try:
            awaited = resume(value)
        except StopIteration as stop:
            return stop.value
        finally:
            current.reset(token)
        try:
            value = yield awaited
            resume = running.send
        except GeneratorExit:
            running.close()
            raise
        except BaseException as error:
            value, resume = error, running.throw


def begin(signal: Signal, sender: Any, named: dict[str, Any], robust: bool) -> Send | None:
    """Note a send, if this thread or task is traced, or if sends are counted, and somebody may hear of it."""
    parent = current.get()
    if type(parent) is Send and parent.pending and parent.signal is signal:
        return None  # a function that others have put over ours calls it
    if parent is None or not parent.recorder.traces:
        if counting.tallies is None:
            return None
        parent = NOWHERE
    if not signal.receivers:
        parent.recorder.unheard += 1
        return None
    send = Send()
    send.parent = parent
    send.recorder = parent.recorder
    send.signal = signal
    send.sender = sender
    send.instance = named.get("instance")
    send.robust = robust
    send.start = perf_counter_ns()
    return send


def sending(*, robust: bool) -> Callable[[Function], Function]:
    """Makes ``send`` and ``send_robust``."""

    def make(original: Function) -> Function:
        @wraps(original)
        def send(self: Signal, sender: Any, **named: Any) -> Any:
            node = begin(self, sender, named, robust)
            if node is None:
                return original(self, sender, **named)
            token = current.set(node)
            try:
                return original(self, sender, **named)
            except BaseException as error:
                left(node, error)
                raise
            finally:
                current.reset(token)
                node.finish()

        return send

    return make


def asending(*, robust: bool) -> Callable[[Function], Function]:
    """Makes ``asend`` and ``asend_robust``."""

    def make(original: Function) -> Function:
        @wraps(original)
        async def asend(self: Signal, sender: Any, **named: Any) -> Any:
            node = begin(self, sender, named, robust)
            if node is None:
                return await original(self, sender, **named)
            try:
                return await within(node, original(self, sender, **named))
            except BaseException as error:
                left(node, error)
                raise
            finally:
                node.finish()

        return asend

    return make


def finding(original: Function) -> Function:
    """Makes ``_live_receivers``: for a send that is noted, lists that know who is called; for others what it was."""

    @wraps(original)
    def live_receivers(self: Signal, sender: Any) -> Found:
        found: Found = original(self, sender)
        send = current.get()
        # Others ask too, such as has_listeners, and call nobody.
        if type(send) is not Send or not send.pending or send.signal is not self:
            return found
        send.pending = False
        one_by_one = Watched(found[0]) if send.recorder.traces else Counted(found[0])
        one_by_one.send = send
        if not found[1]:
            return one_by_one, found[1]
        at_once = AtOnce(found[1])
        at_once.send = send
        at_once.called = False
        return one_by_one, at_once

    return live_receivers


def failing(original: Function) -> Function:
    """Makes ``_log_robust_failure``, which is told of what ``send_robust`` swallows."""

    @wraps(original)
    def log_robust_failure(self: Signal, receiver: Receiver, error: Exception) -> None:
        node = current.get()
        # An asynchronous one has noted it itself.
        if not iscoroutinefunction(receiver):
            if isinstance(node, Call):
                node.fail(error)
            elif isinstance(node, Send) and node.running is not None:
                node.running.fail()
        original(self, receiver, error)

    return log_robust_failure


SIGNALS = Patches(
    [
        (Signal, "send", sending(robust=False)),
        (Signal, "send_robust", sending(robust=True)),
        (Signal, "asend", asending(robust=False)),
        (Signal, "asend_robust", asending(robust=True)),
        (Signal, "_live_receivers", finding),
        (Signal, "_log_robust_failure", failing),
    ]
)
