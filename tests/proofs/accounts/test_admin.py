"""Users in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["accounts_user_changelist", "accounts_user_add"])
def test_pages_open(admin_client: Client, page: str) -> None:
    assert admin_client.get(reverse(f"admin:{page}"), {"q": "ada"}).status_code == 200


def test_adds_and_changes_users(admin_client: Client) -> None:
    password = "correct horse 9"
    new = {"email": "Ada@Example.com", "name": "Ada", "usable_password": "true"}
    answers = new | {"password1": password, "password2": password}
    response = admin_client.post(reverse("admin:accounts_user_add"), answers)
    user = User.objects.get(email="ada@example.com")
    assert response.headers["Location"] == reverse("admin:accounts_user_change", args=[user.pk])

    answers = {"email": user.email, "name": "Ada Lovelace", "is_active": "on", "is_staff": "on"}
    admin_client.post(reverse("admin:accounts_user_change", args=[user.pk]), answers)
    user.refresh_from_db()
    assert (user.name, user.is_staff) == ("Ada Lovelace", True)
    assert user.check_password(password)


def test_passwords_are_changed_where_everybody_changes_theirs(admin_client: Client) -> None:
    url = reverse("admin:password_change")
    assert admin_client.get(url).headers["Location"] == reverse("password_change")
