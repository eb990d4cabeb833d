"""Fixtures for the proofs of request_metrics."""

from collections.abc import Callable, Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from pytest_django import Settings

from request_metrics.buffer import buffer


@pytest.fixture(autouse=True)
def nothing_counted(settings: Settings) -> Iterator[None]:
    """Begin with nothing counted, and leave nothing. The views are those of ``proofs.request_metrics.views``, too."""
    settings.ROOT_URLCONF = "proofs.request_metrics.views"
    buffer.forget()
    yield
    buffer.forget()


@pytest.fixture(autouse=True)
def connections_kept(muted: Callable[..., None]) -> None:
    """Leave the connection of the tests open, and where a test may not use it, unasked."""
    muted(request_started, close_old_connections)
    muted(request_finished, close_old_connections)
