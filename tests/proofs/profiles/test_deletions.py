"""Deleting ten users through their profiles is one deletion, announced by one mail."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from accounts.models import User
from profiles.models import Profile

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not apps.is_installed("notifications"), reason="This site tells nobody of deletions."),
]


Delivered = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def admin(delivered: Delivered, mailoutbox: list[Any]) -> User:
    """Who is told, and stays, beside ten users."""
    with delivered():
        admin = User.objects.create_superuser("admin@example.com", name="Admin")
        for number in range(10):
            User.objects.create_user(f"user-{number}@example.com", name=f"User {number}")
    mailoutbox.clear()  # the welcomes
    return admin


def delete_by_queryset(admin: User) -> None:
    Profile.objects.exclude(user=admin).delete()


def delete_in_the_admin(admin: User) -> None:
    client = Client()
    client.force_login(admin)
    keys = Profile.objects.exclude(user=admin).values_list("pk", flat=True)
    answers = {"action": "delete_selected", "_selected_action": list(keys), "post": "yes"}
    client.post(reverse("admin:profiles_profile_changelist"), answers)


@pytest.mark.parametrize("delete", [delete_by_queryset, delete_in_the_admin])
def test_ten_users_send_one_mail(
    admin: User, delivered: Delivered, mailoutbox: list[Any], delete: Callable[[User], None]
) -> None:
    with delivered():
        delete(admin)
    assert [user.email for user in User.objects.all()] == ["admin@example.com"]
    assert [message.to for message in mailoutbox] == [["admin@example.com"]]
