"""Fixtures for the tests of request_metrics: nothing is counted yet, and there are views to ask for."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from request_metrics.buffer import buffer
from request_metrics.flushing import background


@pytest.fixture(autouse=True)
def nothing_counted(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "request_metrics.tests.urls"
    buffer.forget()
    yield
    buffer.forget()


@pytest.fixture
def visitor(db: None) -> Client:
    """Sees an error page where a view fails."""
    return Client(raise_request_exception=False)


@pytest.fixture
def stored(visitor: Client) -> Callable[..., None]:
    """``stored("/plain", "/failing")``: these addresses were asked for, and that was stored."""

    def stored(*paths: str) -> None:
        for path in paths:
            visitor.get(path)
        background.flush()

    return stored
