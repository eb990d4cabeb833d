"""The account page lists a user's sign-ins and warns of failures."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_it_lists_the_last_sign_ins(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right", agent="curl/8.1", ip="2001:db8::1")
    page = sign_in("right").client.get(reverse("account")).text

    assert "You have signed in 2 times." in page
    assert page.index("Firefox on Windows, 203.0.113.7") < page.index("curl, 2001:db8::1")
    assert page.count("this session") == 1


def test_it_warns_of_failures_since_the_last_visit(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right")
    sign_in("wrong")
    sign_in("wrong", ip="198.51.100.1")

    page = sign_in("right").client.get(reverse("account")).text
    assert "2 attempts to sign in to your account failed" in page
    page = sign_in("right").client.get(reverse("account")).text
    assert "Since your last visit" not in page


def test_a_sign_in_from_a_new_device_does_not_hide_earlier_failures(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right")
    sign_in("wrong", ip="198.51.100.1")
    sign_in("right", ip="198.51.100.1")  # somebody has guessed the password

    page = sign_in("right").client.get(reverse("account")).text
    assert "1 attempt to sign in to your account failed" in page


def test_it_shows_nothing_of_other_users(client: Client, user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right")
    sign_in("wrong")
    client.force_login(User.objects.create_user("bob@example.com"))

    page = client.get(reverse("account")).text
    assert "This is your first sign-in." in page
    assert "203.0.113.7" not in page
    assert "Since your last visit" not in page
