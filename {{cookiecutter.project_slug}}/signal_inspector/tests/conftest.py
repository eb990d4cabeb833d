"""Fixtures for the tests of the trace."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.dispatch import Signal

from signal_inspector import counting
from signal_inspector.watching import SIGNALS

BARE = dict(vars(Signal))


@pytest.fixture
def connect() -> Iterator[Callable[..., Any]]:
    """``connect(signal, receiver, **options)`` until the test ends."""
    connected: list[tuple[Signal, Any, Any]] = []

    def connect(signal: Signal, receiver: Any, **options: Any) -> Any:
        signal.connect(receiver, **options)
        connected.append((signal, receiver, options.get("sender")))
        return receiver

    yield connect
    for signal, receiver, sender in connected:
        signal.disconnect(receiver, sender=sender)


@pytest.fixture
def bare() -> Iterator[None]:
    """Nobody counts meanwhile, and whatever the test has done, Django's methods are in their places afterwards."""
    counted = counting.tallies is not None
    counting.stop()
    yield
    counting.stop()
    assert SIGNALS.users == 0
    assert dict(vars(Signal)) == BARE
    if counted:
        counting.start()
