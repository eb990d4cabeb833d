"""What signals a stretch of code has sent, and who ran::

    with traced() as trace:
        User.objects.create_user("ann@example.com")
    print(trace)

A trace belongs to the thread or task that asked for it, and to what that awaits or starts itself; others see nothing of
it. Traces can be nested. While there is one, methods of ``Signal`` and of database connections are replaced, in all
threads; when the last one ends they are put back, so without a trace nothing costs anything.

What a trace has recorded it keeps alive until it ends: receivers, senders, signals. After that it has only text.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter_ns

from signal_inspector.rows import Row, flattened, rows_of
from signal_inspector.surroundings import SURROUNDINGS
from signal_inspector.text import Totals, text_of
from signal_inspector.tree import Recorder, Root, current, traced_node
from signal_inspector.watching import SIGNALS

_lock = Lock()


class Trace:
    """What was recorded: while it goes on, so far."""

    def __init__(self, root: Root) -> None:
        self._root: Root | None = root
        self._before = (root.recorder.unheard, root.recorder.not_kept)
        root.start = perf_counter_ns()
        self._ended: tuple[list[Row], Totals] | None = None

    def _report(self) -> tuple[list[Row], Totals]:
        """The rows, and what they come to."""
        if self._root is None:
            return self._ended or ([], Totals())
        rows, recorder = rows_of(self._root), self._root.recorder
        totals = Totals(
            sends=sum(row.kind == "send" for row in rows),
            calls=sum(row.kind == "call" for row in rows),
            queries=sum(node.queries for node, _, _ in flattened(self._root)),
            milliseconds=((self._root.end or perf_counter_ns()) - self._root.start) / 1e6,
            unheard=recorder.unheard - self._before[0],
            not_kept=recorder.not_kept - self._before[1],
        )
        return rows, totals

    def _end(self) -> None:
        """Keep only text."""
        if self._root is not None:
            self._root.end = perf_counter_ns()
            self._ended = self._report()
            self._root = None

    @property
    def rows(self) -> list[Row]:
        """Every send and every call, in order, each followed by what happened within it."""
        return self._report()[0]

    @property
    def totals(self) -> Totals:
        """How much there was of everything."""
        return self._report()[1]

    def sends(self, signal: str) -> list[Row]:
        """The sends of one signal, such as ``"django.db.models.signals.post_save"``."""
        return [row for row in self.rows if row.kind == "send" and row.name == signal]

    def calls(self, receiver: str) -> list[Row]:
        """The calls of one receiver, such as ``"shop.signals.reindex"``."""
        return [row for row in self.rows if row.kind == "call" and row.name == receiver]

    def __str__(self) -> str:
        """The tree, in lines."""
        return text_of(*self._report())


@contextmanager
def traced() -> Iterator[Trace]:
    """Record what the block sends, until it ends. Within another trace: for both."""
    outer = traced_node()
    recorder = outer.recorder if outer is not None else Recorder(traces=0)
    root = Root(outer, recorder)
    if outer is not None:
        outer.add(root)
    trace = Trace(root)
    SIGNALS.use()
    try:
        SURROUNDINGS.use()
    except BaseException:
        SIGNALS.release()
        raise
    with _lock:
        recorder.traces += 1
    current.set(root)
    try:
        yield trace
    finally:
        with _lock:
            recorder.traces -= 1
        try:
            trace._end()
        finally:
            if current.get() is root:
                # The one around it may have ended before.
                current.set(outer if outer is not None and outer.recorder.traces else None)
            if not recorder.traces:
                forget(root, recorder)
            SURROUNDINGS.release()
            SIGNALS.release()


def forget(root: Root, recorder: Recorder) -> None:
    """Take a tree apart, so that what was recorded lives no longer than it would have."""
    for node, _, _ in flattened(root):
        node.children = None
    # These may wait for a long time yet.
    waiting, recorder.waiting = recorder.waiting, []
    for waits in waiting:
        waits.parent = None
