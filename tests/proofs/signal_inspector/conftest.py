"""Fixtures that connect for one test, and keep others from watching."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.dispatch import Signal

from proofs.signal_inspector import receivers
from signal_inspector import counting, journal
from signal_inspector.connections import Connection, connections
from signal_inspector.names import all_signals
from signal_inspector.watching import SIGNALS


@pytest.fixture(scope="session")
def lasting() -> set[Signal]:
    """The signals that are there before these tests make some."""
    return set(all_signals())


@pytest.fixture(autouse=True)
def own_signals_end(lasting: set[Signal]) -> Iterator[None]:
    """Disconnect the receivers of signals that a test has made: Django 5.2 keeps these, and other tests list them."""
    yield
    for signal in set(journal._books) - lasting:
        signal.receivers.clear()


@pytest.fixture
def connect() -> Iterator[Callable[..., None]]:
    """``connect(signal, receiver, **how)`` connects until the test ends."""
    undo: list[Callable[[], Any]] = []

    def connect(signal: Signal, receiver: Any, sender: Any = None, dispatch_uid: Any = None, **how: Any) -> None:
        signal.connect(receiver, sender=sender, dispatch_uid=dispatch_uid, **how)
        undo.append(lambda: signal.disconnect(receiver, sender=sender, dispatch_uid=dispatch_uid))

    yield connect
    for each in reversed(undo):
        each()


@pytest.fixture
def connected() -> Callable[[Signal], list[Connection]]:
    """``connected(signal)``: what the register says of one signal."""
    return lambda signal: [each for each in connections() if each.signal is signal]


@pytest.fixture
def other_name(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of receivers, imported once more under another name, as a reload makes it anew."""
    spec = importlib.util.spec_from_file_location("other_name", inspect.getfile(receivers))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "other_name", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bare() -> Iterator[None]:
    """Nobody counts meanwhile, and whatever the test has done, Django's methods are in their places afterwards."""
    counted = counting.tallies is not None
    counting.stop()
    before = dict(vars(Signal))
    yield
    counting.stop()
    assert SIGNALS.users == 0
    assert dict(vars(Signal)) == before
    if counted:
        counting.start()
