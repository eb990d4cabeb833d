"""Connecting receivers for one test."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.dispatch import Signal

Connect = Callable[..., None]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """``connect(signal, receiver, sender=None, dispatch_uid=None)`` connects until the test ends."""
    with ExitStack() as stack:

        def connect(signal: Signal, receiver: Any, sender: Any = None, dispatch_uid: str | None = None) -> None:
            signal.connect(receiver, sender=sender, dispatch_uid=dispatch_uid)
            stack.callback(signal.disconnect, receiver, sender=sender, dispatch_uid=dispatch_uid)

        yield connect


@pytest.fixture(autouse=True, scope="package")
def frozen() -> Iterator[None]:
    """Hide what exists from ``gc.get_objects()``: searching all objects of a test run for signals takes long."""
    gc.freeze()
    yield
    gc.unfreeze()
