"""What a trace tells beside signals: the queries that receivers make, and what they leave for after the commit."""

from collections.abc import Callable
from functools import wraps
from time import perf_counter_ns
from types import FunctionType
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.dispatch import Signal

from core import dispatch
from core.dispatch import Delivery
from signal_inspector.patches import Function, Patches
from signal_inspector.tree import Handed, Waiting, current, traced_node

# Which of these there are depends on the database, not on what is done.
TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def querying(original: Function) -> Function:
    """Makes what all statements go through, of all connections. Those that only control a transaction do not count."""

    @wraps(original)
    def execute_with_wrappers(self: CursorWrapper, sql: Any, *args: Any, **kwargs: Any) -> Any:
        node = current.get()
        if node is not None and not (isinstance(sql, str) and sql.startswith(TRANSACTION)):
            node.queries += 1
        return original(self, sql, *args, **kwargs)

    return execute_with_wrappers


def waiting(original: Function) -> Function:
    """Makes ``on_commit``. Outside of a transaction nothing waits: what is done then is done by whoever asked."""

    @wraps(original)
    def on_commit(self: BaseDatabaseWrapper, function: Callable[[], object], robust: bool = False) -> None:
        node = traced_node()
        if node is None or not self.in_atomic_block:
            original(self, function, robust)
            return
        waits = Waiting(function, self, node)
        if isinstance(node, Handed) and isinstance(function, FunctionType):
            # A delivery's own function, which nobody looks for among those that wait. So it is told from others even
            # where a test calls them, without a commit.
            waits.hook = running(waits)
        original(self, waits.hook, robust)
        node.add(waits)
        node.recorder.waiting.append(waits)

    return on_commit


def committing(original: Function) -> Function:
    """Makes what follows a commit. Only now what waits is replaced: until then, who has left it there may look for it.

    What it did not come to, since something before it failed, is never done.
    """

    @wraps(original)
    def run_and_clear_commit_hooks(self: BaseDatabaseWrapper) -> None:
        node = traced_node()
        if node is None:
            original(self)
            return
        known: dict[int, list[Waiting]] = {}
        for waits in node.recorder.waiting:
            if waits.connection is self and not waits.start:
                known.setdefault(id(waits.hook), []).append(waits)
        due = []
        hooks: list[Any] = self.run_on_commit
        for number, (savepoints, hook, robust) in enumerate(hooks):
            if known.get(id(hook)):
                due.append(waits := known[id(hook)].pop(0))
                if waits.hook is waits.function:
                    waits.hook = running(waits)
                hooks[number] = (savepoints, waits.hook, robust)
        try:
            original(self)
        finally:
            for waits in due:
                waits.dropped = not waits.start

    return run_and_clear_commit_hooks


def running(waits: Waiting) -> Callable[[], None]:
    """A function that stands for what waits, under its name."""

    @wraps(waits.function)
    def run() -> None:
        waits.run()

    return run


def delivering(original: Callable[[], Delivery]) -> Callable[[], Delivery]:
    """Makes ``delivery``: what it returns notes what it is handed."""

    @wraps(original)
    def delivery() -> Delivery:
        found = original()
        node = traced_node()
        if node is not None:
            vars(found)["send"] = handing(found)
        return found

    return delivery


def handing(delivery: Delivery) -> Callable[[Signal, object, str, dict[str, Any]], None]:
    """A delivery's ``send``, noted."""
    hand = delivery.send

    def send(signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
        node = traced_node()
        if node is None:
            hand(signal, sender, using, arguments)
            return
        handed = Handed(signal, sender, delivery, node)
        node.add(handed)
        token = current.set(handed)
        handed.start = perf_counter_ns()
        try:
            hand(signal, sender, using, arguments)
        finally:
            handed.end = perf_counter_ns()
            current.reset(token)

    return send


SURROUNDINGS = Patches(
    [
        (CursorWrapper, "_execute_with_wrappers", querying),
        (BaseDatabaseWrapper, "on_commit", waiting),
        (BaseDatabaseWrapper, "run_and_clear_commit_hooks", committing),
        (dispatch, "delivery", delivering),
    ]
)
