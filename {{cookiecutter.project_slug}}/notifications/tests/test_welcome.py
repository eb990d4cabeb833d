"""A new user is welcomed by mail."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from notifications import signals

pytestmark = pytest.mark.django_db


def test_a_new_user_gets_a_welcome_mail(delivered: Callable[..., Any], mailoutbox: list[Any]) -> None:
    with delivered():
        user = User.objects.create_user("ada@example.com", name="Ada")
        user.save()  # is not welcomed again

    (mail,) = mailoutbox
    assert mail.to == ["ada@example.com"]
    assert mail.subject == "Welcome to Test site"
    assert mail.body.startswith("Hello Ada,\n")
    assert f"{settings.SITE_URL}{reverse('account')}" in mail.body


def test_a_user_who_is_rolled_back_is_not_welcomed(delivered: Callable[..., Any], mailoutbox: list[Any]) -> None:
    with delivered(), transaction.atomic():
        User.objects.create_user("ada@example.com")
        transaction.set_rollback(True)

    assert mailoutbox == []


def test_a_user_from_a_fixture_is_not_welcomed(delivered: Callable[..., Any], mailoutbox: list[Any]) -> None:
    with delivered():
        User(email="ada@example.com").save_base(raw=True)  # as loaddata does

    assert mailoutbox == []


def test_an_inactive_user_is_not_welcomed(user: User, mailoutbox: list[Any]) -> None:
    User.objects.update(is_active=False)
    signals.welcome(user, using="default")

    assert mailoutbox == []
