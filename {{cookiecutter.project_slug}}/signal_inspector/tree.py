"""What a trace is made of: what was sent, who was called, what waited, each beneath what it happened in."""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from time import perf_counter_ns
from typing import Any

from django.db.models import Model
from django.dispatch import Signal

Receiver = Callable[..., Any]

# So many calls of receivers a trace keeps. Of the others it knows how many there were.
ROOM = 100_000


class Recorder:
    """What the traces within one another have in common."""

    def __init__(self, traces: int) -> None:
        self.traces = traces  # how many of them have not ended; with none, nothing is recorded
        self.room = ROOM
        self.not_kept = 0
        self.unheard = 0
        self.waiting: list[Waiting] = []


class Node:
    """Something that happened. Its times are nanoseconds of ``perf_counter_ns``; 0 if it has not happened yet."""

    # What most nodes never change is kept in the class: there are many, and they are made while others wait.
    children: "list[Node] | None" = None
    queries = 0  # its own, without those of what is beneath it
    start = end = 0

    parent: "Node | None"
    recorder: Recorder

    def add(self, child: "Node") -> None:
        """Put something beneath it."""
        if self.children is None:
            self.children = []
        self.children.append(child)


class Root(Node):
    """A trace. Within another one, it stands where it began."""

    def __init__(self, parent: Node | None, recorder: Recorder) -> None:
        self.parent = parent
        self.recorder = recorder


class Send(Node):
    """A signal was sent. Beneath it, the calls of its receivers, in the order in which they began."""

    heard = False
    pending = True  # until it is asked for the receivers
    failed = False  # whether an asynchronous receiver has said that it is the one that failed
    running: Any = None  # what is known of the receiver that runs: a Call, or what counts it

    # Whoever makes it sets these, as parent and recorder: that is faster than to call a function.
    signal: Signal
    sender: Any
    instance: object  # only until it ends
    robust: bool

    def finish(self) -> None:
        """It was sent."""
        self.end = perf_counter_ns()
        self.instance = None
        if not self.heard:
            self.recorder.unheard += 1

    def callers(self) -> Iterator["Call"]:
        """The calls that it was sent within, the innermost first."""
        node = self.parent
        while node is not None:
            if isinstance(node, Call):
                yield node
            node = node.parent

    def repeated(self) -> list[Receiver]:
        """The receivers that it was sent within and that were called for the same: signal, sender and instance."""
        found: list[Receiver] = []
        if self.parent is None or self.parent.parent is None:
            return found
        for call in self.callers():
            send = call.send
            if send.signal is self.signal and send.sender is self.sender and _same(send.instance, self.instance):
                found.append(call.receiver)
        return found


class Call(Node):
    """A receiver was called."""

    again = False  # whether it was at work for the same already
    error = ""

    # Set by whoever makes it, too.
    receiver: Receiver
    send: Send

    def fail(self, error: BaseException) -> None:
        """It has raised something."""
        swallowed = self.send.robust and isinstance(error, Exception)
        self.error = f"swallowed by send_robust: {told(error)}" if swallowed else f"raised {told(error)}"


class Handed(Node):
    """A signal was handed to what delivers signals on commit."""

    def __init__(self, signal: Signal, sender: object, delivery: object, parent: Node) -> None:
        self.parent = parent
        self.recorder = parent.recorder
        self.signal = signal
        self.sender = sender
        self.delivery = delivery


class Waiting(Node):
    """Something waits for a commit. Beneath it, what happens when it is done; its times are those of that."""

    def __init__(self, function: Callable[[], object], connection: Any, parent: Node) -> None:
        self.parent = parent
        self.recorder = parent.recorder
        self.function = function
        self.hook: Callable[[], object] = function  # what the connection has of it
        self.connection = connection
        self.dropped = False  # whether it was not done because one before it failed
        self.error = ""

    def run(self) -> None:
        """Do it, with what it does beneath it."""
        if not self.recorder.traces:
            self.function()
            return
        token = current.set(self)
        self.start = perf_counter_ns()
        try:
            self.function()
        except BaseException as error:
            self.error = f"raised {told(error)}"
            raise
        finally:
            self.end = perf_counter_ns()
            current.reset(token)

    def fate(self) -> str:
        """What has become of it."""
        if self.start:
            return self.error
        if any(hook is self.hook for _, hook, *_ in self.connection.run_on_commit):
            return "still waiting"
        return "never: one before it failed" if self.dropped else "never: rolled back"


# Where the running thread or task is, if it is traced.
current: ContextVar[Node | None] = ContextVar("signal_trace", default=None)

# Nobody's: above what is counted but not traced.
NOWHERE = Root(None, Recorder(traces=0))


def traced_node() -> Node | None:
    """Where the running thread or task is, as long as that trace has not ended."""
    node = current.get()
    return node if node is not None and node.recorder.traces else None


def told(error: BaseException) -> str:
    """An error in one line of at most 200 characters."""
    try:
        message = " ".join(str(error).split())
    except Exception:
        message = ""
    return f"{type(error).__name__}: {message}"[:200] if message else type(error).__name__


def _same(one: object, other: object) -> bool:
    """Whether two instances are one, or of the same row."""
    return one is other or (isinstance(one, Model) and isinstance(other, Model) and one == other)
