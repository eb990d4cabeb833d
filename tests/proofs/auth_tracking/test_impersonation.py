"""Staff who act as a user through django-hijack or django-loginas leave no sign-in of that user."""

from typing import Any, ClassVar

import pytest
from django.test import Client
from django.urls import include, path
from pytest_django import Settings

from accounts.models import User
from auth_tracking.models import LoginEvent
from auth_tracking.signals import new_device_login
from testing.signals import captured

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse 9"


class Urls:
    """The site's, and those of the packages."""

    urlpatterns: ClassVar = [
        path("hijack/", include("hijack.urls")),
        path("loginas/", include("loginas.urls")),
        path("", include("config.urls")),
    ]


@pytest.fixture
def user() -> User:
    """Whom staff act as: somebody whose devices are known."""
    user = User.objects.create_user("ada@example.com", PASSWORD, name="Ada")
    Client().force_login(user)
    return user


@pytest.fixture
def staff(settings: Settings) -> Client:
    settings.ROOT_URLCONF = Urls
    root = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    client = Client(headers={"user-agent": "curl/8.1"}, REMOTE_ADDR="203.0.113.7")
    client.force_login(root)
    return client


def acting_as(client: Client) -> str:
    return str(User.objects.get(pk=client.session["_auth_user_id"]))


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (lambda user: ("/hijack/acquire/", {"user_pk": user.pk}), "/hijack/release/"),
        (lambda user: (f"/loginas/login/user/{user.pk}/", {}), "/loginas/logout/"),
    ],
    ids=["hijack", "loginas"],
)
def test_to_act_as_a_user_is_no_sign_in_of_theirs(staff: Client, user: User, begin: Any, end: str) -> None:
    before = list(LoginEvent.objects.values())
    with captured(new_device_login) as sent:
        staff.post(*begin(user))
        assert acting_as(staff) == "Ada"
        staff.post(end)
        assert acting_as(staff) == "Root"
    assert sent == []
    assert list(LoginEvent.objects.values()) == before
