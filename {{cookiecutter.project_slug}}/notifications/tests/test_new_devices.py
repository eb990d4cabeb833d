"""Users are notified of a sign-in from a new device."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User


@pytest.mark.django_db
def test_a_user_is_notified_of_a_new_device_on_the_site_and_by_mail(
    user: User, told: Callable[[User], list[str]], delivered: Callable[..., Any], mailoutbox: list[Any]
) -> None:
    for agent in ("curl/8.1", "Wget/1.21", "Wget/1.21"):
        browser = Client(headers={"user-agent": agent}, REMOTE_ADDR="203.0.113.7")
        with delivered():
            browser.post(reverse("login"), {"username": "ada@example.com", "password": "right"})

    # Not the first: then no device can be known yet.
    assert told(user) == ["A sign-in from a new device: Wget, 203.0.113.7"]
    (mail,) = mailoutbox
    assert mail.to == ["ada@example.com"]
    assert mail.subject == "A sign-in from a new device on Test site"
    assert "Wget, 203.0.113.7" in mail.body
