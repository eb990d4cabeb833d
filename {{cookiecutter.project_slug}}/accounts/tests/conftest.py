"""What the tests of accounts share."""

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada@example.com", "correct horse 9", name="Ada")


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    """Ada's browser."""
    client.force_login(ada)
    return client
