"""Fixtures for the tests of all apps."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from core.dispatch import delivery
from testing import signals

# An app that is not installed is not tested.
collect_ignore = [
    app.parent.name for app in settings.BASE_DIR.glob("*/apps.py") if app.parent.name not in settings.INSTALLED_APPS
]


@pytest.fixture(autouse=True)
def own_cache_keys(settings: Settings) -> None:
    """Keep each test's cache to itself: a server may be shared, and remembers what earlier tests have left."""
    settings.CACHES = {alias: cache | {"KEY_PREFIX": str(uuid4())} for alias, cache in settings.CACHES.items()}


@pytest.fixture
def muted() -> Iterator[Callable[..., None]]:
    """``muted(signal, receiver=None, sender=None)`` mutes until the test ends: see ``signals.muted``."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(signals.muted(*args, **kwargs))


@pytest.fixture
def captured() -> Iterator[Callable[..., list[signals.Send]]]:
    """``captured(signal, sender=None)`` lists what is sent until the test ends: see ``signals.captured``."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(signals.captured(*args, **kwargs))


@pytest.fixture
def delivered(django_capture_on_commit_callbacks: Any) -> Callable[[], AbstractContextManager[None]]:
    """``with delivered():`` what is done in the block is as if committed, and what it sends has reached its receivers.

    As far as one can have that within the transaction of a test: a receiver that fails for good is not told.
    """

    @contextmanager
    def delivered() -> Iterator[None]:
        with django_capture_on_commit_callbacks(execute=True):
            yield
        with django_capture_on_commit_callbacks(execute=True):
            delivery().flush("default")

    return delivered


@pytest.fixture
def staff(client: Client) -> Callable[..., Client]:
    """``staff(*permissions)``: a client of a member of staff who has them."""
    from django.contrib.auth.models import Permission

    from accounts.models import User

    def staff(*permissions: str) -> Client:
        member = User.objects.create_user("staff@example.com", is_staff=True)
        member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client.force_login(member)
        return client

    return staff
