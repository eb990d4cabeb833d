"""Fixtures for the tests of auth_tracking."""

import pytest

from accounts.models import User
from proofs.auth_tracking import EMAIL, PASSWORD


@pytest.fixture
def user() -> User:
    """Somebody who may sign in."""
    return User.objects.create_user(EMAIL, PASSWORD, name="Ada")
