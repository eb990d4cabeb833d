"""Signing in, and out everywhere else."""

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_user_signs_in_with_their_address_in_any_case(client: Client, ada: User) -> None:
    client.post(reverse("login"), {"username": "ADA@example.com", "password": "correct horse 9"})
    assert get_user(client) == ada


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client: Client, ada: User) -> None:
    for answers in (
        {"username": "ada@example.com", "password": "wrong"},
        {"username": "nobody@example.com", "password": "correct horse 9"},
    ):
        response = client.post(reverse("login"), answers)
        assert "No account has this email address and this password." in response.text
    assert not get_user(client).is_authenticated


def test_signing_in_leads_to_the_page_that_asked_for_it(client: Client, ada: User) -> None:
    sign_in_page = client.get(reverse("account")).headers["Location"]
    response = client.post(sign_in_page, {"username": ada.email, "password": "correct horse 9"})
    assert response.headers["Location"] == reverse("account")


def test_signing_out_elsewhere_ends_all_other_sessions_of_the_user(signed_in: Client, ada: User) -> None:
    elsewhere, of_grace = Client(), Client()
    elsewhere.force_login(ada)
    of_grace.force_login(User.objects.create_user("grace@example.com"))
    signed_in.post(reverse("sign_out_elsewhere"))
    assert not get_user(elsewhere).is_authenticated
    assert get_user(signed_in).is_authenticated
    assert get_user(of_grace).is_authenticated
