"""A sign-in from a new device is announced, and the very first one welcomed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from auth_tracking.models import LoginEvent
from auth_tracking.signals import new_device_login

pytestmark = pytest.mark.django_db


def test_a_new_device_is_announced_once(
    user: User, sign_in: Callable[..., Any], captured: Callable[..., Any], delivered: Callable[..., Any]
) -> None:
    sent = captured(new_device_login)
    for agent in ("curl/8.1", "Wget/1.21", "Wget/1.21"):
        with delivered():
            sign_in("right", agent=agent)

    assert [(send.sender, send.kwargs["user"]) for send in sent] == [(LoginEvent, user)] * 2
    assert [send.kwargs["instance"].device for send in sent] == ["curl", "Wget"]
    assert [send.kwargs["first"] for send in sent] == [True, False]


def test_a_known_device_is_new_again_in_another_network(user: User, sign_in: Callable[..., Any]) -> None:
    for ip in ("203.0.113.7", "203.0.113.200", "198.51.100.1"):
        sign_in("right", ip=ip)

    assert list(LoginEvent.objects.order_by("pk").values_list("new_device", flat=True)) == [True, False, True]


def test_the_very_first_sign_in_is_welcomed(user: User, sign_in: Callable[..., Any]) -> None:
    first, second = sign_in("right"), sign_in("right")

    assert "Welcome to Test site, Ada" in first.client.get(reverse("account")).text
    assert "Welcome to Test site" not in second.client.get(reverse("account")).text


def test_a_user_who_is_older_than_this_app_is_neither_welcomed_nor_announced(
    user: User, sign_in: Callable[..., Any], captured: Callable[..., Any], delivered: Callable[..., Any]
) -> None:
    User.objects.update(last_login=timezone.now() - timedelta(days=1))
    sent = captured(new_device_login)
    with delivered():
        response = sign_in("right")

    assert sent == []
    assert "Welcome to Test site" not in response.client.get(reverse("account")).text
