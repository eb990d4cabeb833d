"""What these tests share: a user and an admin, for whom no welcome is sent, and their notifications."""

from collections.abc import Callable

import pytest
from django.db.models.signals import post_save

from accounts.models import User
from notifications.models import Notification
from notifications.signals import announce_user
from testing.signals import muted


@pytest.fixture
def user(db: None) -> User:
    with muted(post_save, announce_user):
        return User.objects.create_user("ada@example.com", "right", name="Ada")


@pytest.fixture
def admin(db: None) -> User:
    with muted(post_save, announce_user):
        return User.objects.create_superuser("root@example.com", name="Root")


@pytest.fixture
def told(db: None) -> Callable[[User], list[str]]:
    """``told(user)``: the texts of a user's notifications, oldest first."""
    return lambda user: list(Notification.objects.filter(user=user).order_by("pk").values_list("text", flat=True))
