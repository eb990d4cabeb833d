"""What the tests of notifications share: people, and what they were told."""

from typing import Any

from django.db.models.signals import post_save

from accounts.models import User
from notifications.models import Notification
from notifications.signals import announce_user
from testing.signals import muted

HOSTILE = "Ev\nil\r\n<b>é</b> " + "x" * 60


def make_user(name: str, **fields: Any) -> User:
    """Somebody of that name, who has been there for long: nothing of their joining waits to be delivered."""
    with muted(post_save, announce_user):
        return User.objects.create_user(f"{name.lower()}@example.com", "correct horse 9", name=name, **fields)


def make_admin(name: str = "Root") -> User:
    """Somebody who is told of what concerns admins."""
    return make_user(name, is_superuser=True, is_staff=True)


def told(user: User) -> list[str]:
    """What somebody was told on the site, in order."""
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("text", flat=True))
