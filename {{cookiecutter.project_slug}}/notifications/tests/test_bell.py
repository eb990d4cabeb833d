"""The bell at the top of every page counts what its user has not read."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from notifications.models import Notification
from notifications.unread import Unread

pytestmark = pytest.mark.django_db


def test_the_bell_counts_the_unread_notifications_of_its_user(client: Client, user: User, admin: User) -> None:
    for key, owner in enumerate([user, user, admin]):
        Notification.objects.create(user=owner, kind="news", key=key, text="News")
    client.force_login(user)

    assert 'aria-label="Notifications, 2 unread"' in client.get(reverse("account")).text
    assert client.get(reverse("notifications:unread")).json()["count"] == 2


def test_the_bell_stops_counting_at_a_hundred() -> None:
    assert [Unread(count).text for count in (0, 1, 99, 100)] == ["", "1", "99", "99+"]


def test_strangers_have_no_bell(client: Client) -> None:
    assert "bell" not in client.get(reverse("login")).text
    assert client.get(reverse("notifications:unread")).status_code == 403
