"""Users in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_admin_adds_a_user(admin_client: Client) -> None:
    password = {"usable_password": "true", "password1": "correct horse 9", "password2": "correct horse 9"}
    admin_client.post(reverse("admin:accounts_user_add"), {"email": "Ada@Example.com", "name": "Ada"} | password)
    assert User.objects.get(email="ada@example.com").check_password("correct horse 9")


def test_an_admin_finds_and_changes_a_user(admin_client: Client, ada: User) -> None:
    assert "ada@example.com" in admin_client.get(reverse("admin:accounts_user_changelist"), {"q": "ada"}).text
    answers = {"email": ada.email, "name": "Ada Lovelace", "is_active": "on"}
    admin_client.post(reverse("admin:accounts_user_change", args=[ada.pk]), answers)
    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"


def test_staff_change_their_password_where_everybody_does(admin_client: Client) -> None:
    response = admin_client.get(reverse("admin:password_change"))
    assert response.headers["Location"] == reverse("password_change")
