"""How often each receiver has been called in this process, for how long, and how often it has failed.

Off until :func:`start` is called, as it is when the process starts if ``SIGNAL_TRACE`` is true.
"""

import os
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from types import FunctionType, MethodType

from django.dispatch import Signal
from django.utils import timezone

from signal_inspector.names import receiver_name, signal_name
from signal_inspector.tree import Receiver

# So many pairs of a signal and a receiver are told apart. What comes after them is counted together.
MOST = 10_000
# So many durations of a receiver wait to be added up.
FOLD = 500


@dataclass(frozen=True)
class Count:
    """What is known of one receiver of one signal."""

    calls: int
    seconds: float
    failures: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.calls + other.calls, self.seconds + other.seconds, self.failures + other.failures)


@dataclass(frozen=True)
class Counts:
    """What was counted in one process, by the names of signal and receiver."""

    pid: int
    since: datetime
    by_names: Mapping[tuple[str, str], Count]
    others: Count  # those for whom there was no place


class Tally:
    """Counts exactly without a lock for each call: to append to a list is one step, which no other thread divides."""

    __slots__ = ("calls", "durations", "failures", "lock", "nanoseconds", "receiver")

    def __init__(self, receiver: str) -> None:
        self.receiver = receiver  # its name: it may be held weakly
        self.calls = self.nanoseconds = self.failures = 0
        self.durations: list[int] = []
        self.lock = Lock()

    def add(self, nanoseconds: int) -> None:
        """One more call."""
        self.durations.append(nanoseconds)
        if len(self.durations) > FOLD:
            self.fold()

    def fail(self) -> None:
        """One of the calls has failed."""
        with self.lock:
            self.failures += 1

    def fold(self) -> Count:
        """Add up what waits."""
        with self.lock:
            waiting = self.durations[:]
            del self.durations[: len(waiting)]  # others may have appended meanwhile
            self.calls += len(waiting)
            self.nanoseconds += sum(waiting)
            return Count(self.calls, self.nanoseconds / 1e9, self.failures)


class Tallies:
    """All of one process. Looking one up takes no lock; making one does."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.since = timezone.now()
        self.others = Tally("")
        self.signals: dict[int, Signal] = {}  # by their ids: not all can be keys
        self.by_signal: dict[int, dict[Hashable, Tally]] = {}
        self.size = 0
        self.lock = Lock()

    def of(self, signal: Signal, receiver: Receiver) -> Tally:
        """Where the calls of a receiver of a signal are counted."""
        key = key_of(receiver)
        try:
            return self.by_signal[id(signal)][key]
        except KeyError:
            return self.make(signal, key, receiver)

    def make(self, signal: Signal, key: Hashable, receiver: Receiver) -> Tally:
        """Find a place for it, if there is one."""
        with self.lock:
            of_signal = self.by_signal.get(id(signal), {})
            if key not in of_signal and self.size >= MOST:
                return self.others
            if key not in of_signal:
                self.size += 1
                self.signals[id(signal)] = signal  # first: so no other one can have its id meanwhile
                of_signal[key] = Tally(receiver_name(receiver))
                self.by_signal[id(signal)] = of_signal
            return of_signal[key]


# None while nothing is counted.
tallies: Tallies | None = None


def key_of(receiver: Receiver) -> Hashable:
    """What a receiver is known by. Never it itself, which may be held weakly."""
    if isinstance(receiver, FunctionType):
        return receiver.__module__, receiver.__qualname__
    if isinstance(receiver, MethodType):
        owner = receiver.__self__
        return owner if isinstance(owner, type) else type(owner), receiver.__name__
    return receiver_name(receiver)


def counts() -> Counts | None:
    """What was counted until now; None if nothing is counted."""
    if tallies is None:
        return None
    by_names: dict[tuple[str, str], Count] = {}
    with tallies.lock:
        signals = tallies.signals.copy()
        found = [(signal, tally) for signal, each in tallies.by_signal.items() for tally in each.values()]
    names = {key: signal_name(signal) for key, signal in signals.items()}
    for signal, tally in found:
        key, count = (names[signal], tally.receiver), tally.fold()
        by_names[key] = by_names[key] + count if key in by_names else count
    return Counts(tallies.pid, tallies.since, by_names, tallies.others.fold())


def start() -> None:
    """Count from now on, if that is not done already."""
    global tallies
    from signal_inspector.watching import SIGNALS

    if tallies is None:
        tallies = Tallies()
        SIGNALS.use()


def stop() -> None:
    """Count no more, and forget what was counted."""
    global tallies
    from signal_inspector.watching import SIGNALS

    if tallies is not None:
        tallies = None
        SIGNALS.release()
