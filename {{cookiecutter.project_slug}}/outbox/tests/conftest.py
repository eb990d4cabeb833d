"""A signal that goes through the outbox, and a receiver of it."""

from typing import Any
from unittest.mock import create_autospec

import pytest
from django.dispatch import Signal
from pytest_django import Settings


@pytest.fixture
def product_sold(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Signal:
    """A signal, declared in the ``signals.py`` of an app, as the outbox needs it."""
    settings.SIGNAL_DELIVERY = "outbox.delivery.Outbox"
    signal = Signal()
    monkeypatch.setattr("testing.signals.product_sold", signal, raising=False)
    return signal


@pytest.fixture
def receiver(product_sold: Signal) -> Any:
    """A receiver of ``product_sold``. It is a mock: its ``side_effect`` makes it do something, or fail."""

    def receive(signal: Signal, sender: object, using: str, **kwargs: Any) -> None: ...

    receiver = create_autospec(receive)
    product_sold.connect(receiver, dispatch_uid="tests.receiver")
    return receiver
