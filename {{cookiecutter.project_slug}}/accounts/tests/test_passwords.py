"""Changing a password, and resetting it by mail."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.signals import user_login_failed
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.forms import MOST_RESET_MAILS
from accounts.models import User
from testing.signals import Send

pytestmark = pytest.mark.django_db

NEW = {"new_password1": "staple battery 7", "new_password2": "staple battery 7"}


@pytest.fixture(autouse=True)
def _mail_is_sent_at_once(settings: Settings) -> None:
    # By no thread: without this middleware there is no request to hold.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != "core.background.BackgroundMiddleware"]


def test_changing_the_password_ends_all_other_sessions(signed_in: Client, ada: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(ada)
    signed_in.post(reverse("password_change"), NEW | {"old_password": "correct horse 9"})
    ada.refresh_from_db()
    assert ada.check_password("staple battery 7")
    assert signed_in.get(reverse("account")).status_code == 200
    assert elsewhere.get(reverse("account")).status_code == 302


def test_a_wrong_old_password_counts_as_a_failed_sign_in(
    signed_in: Client, ada: User, captured: Callable[..., list[Send]]
) -> None:
    failed = captured(user_login_failed)
    response = signed_in.post(reverse("password_change"), NEW | {"old_password": "wrong"})
    assert "Your old password was entered incorrectly." in response.text
    assert [send.kwargs["credentials"]["username"] for send in failed] == ["ada@example.com"]


def test_the_link_in_a_reset_mail_sets_a_new_password_once(client: Client, ada: User) -> None:
    client.post(reverse("password_reset"), {"email": "ADA@example.com"})
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    (link,) = re.findall(r"https?://[^/\s]+(/\S+)", str(message.body))

    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], NEW)
    ada.refresh_from_db()
    assert ada.check_password("staple battery 7")
    assert "This link no longer works" in Client().get(link, follow=True).text


@pytest.mark.parametrize("address", ["nobody@example.com", "inactive@example.com", "no-password@example.com"])
def test_a_reset_does_not_reveal_who_has_an_account(client: Client, address: str) -> None:
    User.objects.create_user("inactive@example.com", "correct horse 9", is_active=False)
    User.objects.create_user("no-password@example.com")
    response = client.post(reverse("password_reset"), {"email": address}, follow=True)
    assert "Check your email" in response.text
    assert mail.outbox == []


def test_one_address_gets_only_so_many_reset_mails(client: Client, ada: User) -> None:
    for _ in range(MOST_RESET_MAILS + 2):
        client.post(reverse("password_reset"), {"email": ada.email})
    assert len(mail.outbox) == MOST_RESET_MAILS
