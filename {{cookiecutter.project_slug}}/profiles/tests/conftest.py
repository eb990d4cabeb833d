"""Fixtures for the tests of profiles."""

import pytest

from accounts.models import User


@pytest.fixture
def ada(db: None) -> User:
    """Somebody with a profile."""
    return User.objects.create_user("ada@example.com", name="Ada")
