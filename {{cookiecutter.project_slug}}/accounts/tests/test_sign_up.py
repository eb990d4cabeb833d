"""Signing up."""

import pytest
from django.contrib.auth import get_user
from django.db.models.signals import post_save
from django.test import Client
from django.urls import reverse

from accounts.forms import SignUpForm
from accounts.models import User

pytestmark = pytest.mark.django_db

SIGN_UP = {"email": "new@example.com", "name": "New", "password1": "correct horse 9", "password2": "correct horse 9"}


def test_signing_up_creates_a_user_and_signs_them_in(client: Client) -> None:
    response = client.post(reverse("sign_up"), SIGN_UP)
    assert response.headers["Location"] == reverse("account")
    assert get_user(client) == User.objects.get(email="new@example.com")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "ADA@example.com"}, "email"),
        ({"name": ""}, "name"),
        ({"password1": "short", "password2": "short"}, "password2"),
        ({"password2": "another"}, "password2"),
    ],
    ids=["a taken address", "no name", "a weak password", "two passwords"],
)
def test_an_error_is_shown_beside_its_field(client: Client, ada: User, change: dict[str, str], field: str) -> None:
    response = client.post(reverse("sign_up"), SIGN_UP | change)
    assert response.context["form"].errors.keys() == {field}
    assert f'id="id_{field}_error"' in response.text
    assert User.objects.get() == ada


def test_of_two_simultaneous_sign_ups_with_one_address_the_second_gets_an_error(
    client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignUpForm, "validate_unique", lambda form: None)  # as if Ada signed up right after it
    response = client.post(reverse("sign_up"), SIGN_UP | {"email": ada.email})
    assert response.context["form"].errors.keys() == {"email"}


def test_a_receiver_that_fails_leaves_no_user_behind(client: Client) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("out of order")

    post_save.connect(fail, sender=User)
    try:
        with pytest.raises(RuntimeError, match="out of order"):
            client.post(reverse("sign_up"), SIGN_UP)
    finally:
        post_save.disconnect(fail, sender=User)
    assert not User.objects.exists()
