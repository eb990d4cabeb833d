"""What the tests of cache_invalidation share: a read that can be watched, and other connections."""

from collections.abc import Callable
from typing import Any

from proofs.threads import run_at_once


def elsewhere(function: Callable[[], object]) -> object:
    """Call it in another thread, with a connection of its own."""
    return run_at_once(function)[0]


class Counter:
    """A producer that counts how often it was asked."""

    def __init__(self, value: Any = "made") -> None:
        self.value = value
        self.calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        return self.value
