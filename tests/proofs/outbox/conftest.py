"""Fixtures for the tests of the outbox."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import Signal
from pytest_django import Settings

from accounts.models import User
from core.dispatch import OrderedSignal
from proofs.outbox import Listener


@pytest.fixture(autouse=True)
def outbox(settings: Settings) -> None:
    """Signals go through the outbox, whichever delivery the site has."""
    settings.SIGNAL_DELIVERY = "outbox.delivery.Outbox"
    settings.OUTBOX = {"TRIES": 3, "FIRST_DELAY": 10, "LONGEST_DELAY": 15, "LEASE": 60}


@pytest.fixture(autouse=True)
def no_other_apps(muted: Callable[..., None]) -> None:
    """Nothing is sent by other apps, when users are made and sign in."""
    for signal in (pre_save, post_save, pre_delete, post_delete, user_logged_in):
        muted(signal, sender=User)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> Signal:
    """A signal of the site's own."""
    signal = Signal()
    monkeypatch.setattr("core.signals.announced", signal, raising=False)
    return signal


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> OrderedSignal:
    """One that keeps its order for each value of ``key``."""
    signal = OrderedSignal(per="key")
    monkeypatch.setattr("core.signals.ordered", signal, raising=False)
    return signal


@pytest.fixture
def connect() -> Iterator[Callable[..., Listener]]:
    """``connect(signal, uid, act=None)``: a receiver that does something."""
    listeners: list[Listener] = []

    def connect(
        signal: Signal, uid: str | None = "tests.receive", act: Callable[..., object] | None = None
    ) -> Listener:
        listeners.append(Listener(act))
        signal.connect(listeners[-1], dispatch_uid=uid)
        return listeners[-1]

    yield connect
    listeners.clear()


@pytest.fixture
def listener(announced: Signal, connect: Callable[..., Listener]) -> Listener:
    """The receiver of ``announced``."""
    return connect(announced)
