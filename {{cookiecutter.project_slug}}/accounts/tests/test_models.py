"""Users: one for each email address, whatever its case."""

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_an_email_address_is_stored_in_lower_case() -> None:
    user = User.objects.create_user("Ada@Example.COM")
    assert user.email == "ada@example.com"
    User.objects.update(email="Grace@Example.COM")
    assert User.objects.get().email == "grace@example.com"


def test_an_email_address_is_found_in_any_case(ada: User) -> None:
    assert User.objects.get(email="ADA@example.com") == ada
    assert authenticate(username="ADA@example.com", password="correct horse 9") == ada


def test_an_email_address_is_unique_in_any_case(ada: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create_user("ADA@example.com")


def test_a_user_is_shown_by_name_never_by_address() -> None:
    assert str(User(email="ada@example.com", name="Ada")) == "Ada"
    assert str(User(pk=7, email="ada@example.com")) == "User 7"
