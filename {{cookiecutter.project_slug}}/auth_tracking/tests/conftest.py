"""What these tests share: a user, the sign-in form, a lockout."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.models import User

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("ada@example.com", "right", name="Ada")


@pytest.fixture
def sign_in(db: None) -> Callable[..., Any]:
    """``sign_in(password)`` submits the sign-in form in a new browser and returns the response."""

    def sign_in(password: str, *, email: str = "ada@example.com", ip: str = "203.0.113.7", agent: str = FIREFOX) -> Any:
        browser = Client(headers={"user-agent": agent}, REMOTE_ADDR=ip)
        return browser.post(reverse("login"), {"username": email, "password": password})

    return sign_in


@pytest.fixture
def locked_out(user: User, rf: RequestFactory) -> None:
    """Ada has used up her attempts from 203.0.113.7."""
    for _ in range(5):
        authenticate(rf.get("/", REMOTE_ADDR="203.0.113.7"), username="ada@example.com", password="wrong")
