"""Fixtures for the tests of notifications."""

import pytest
from django.test import Client

from accounts.models import User
from proofs.notifications import make_admin, make_user


@pytest.fixture
def user(db: None) -> User:
    """Somebody."""
    return make_user("Ada")


@pytest.fixture
def admin(db: None) -> User:
    """Somebody who is told of what concerns admins."""
    return make_admin()


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    """A client of ``user``."""
    client.force_login(user)
    return client
