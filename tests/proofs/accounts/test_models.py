"""An email address belongs to one account, in whatever case it is typed, written or looked up."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_bulk_writes_store_it_in_lower_case() -> None:
    User.objects.bulk_create([User(email="Ada@Example.COM")])
    assert User.objects.get().email == "ada@example.com"


def test_fixtures_and_backends_find_it_in_any_case() -> None:
    user = User.objects.create_user("ada@example.com")
    assert User.objects.get_by_natural_key("ADA@example.com") == user


def test_a_form_says_that_it_is_taken() -> None:
    User.objects.create_user("ada@example.com")
    with pytest.raises(ValidationError, match="There is already an account with this email address"):
        User(email="ADA@example.com", name="Ada", password="x").full_clean()


def test_it_is_unique_with_letters_that_a_database_may_not_know() -> None:
    User.objects.create_user("ada@été.example")
    with pytest.raises(IntegrityError):
        User.objects.create_user("ada@ÉTÉ.example")


class TestEmail:
    def test_is_needed(self) -> None:
        with pytest.raises(ValueError, match="A user needs an email address"):
            User.objects.create_user("")


class TestUser:
    def test_without_a_password_cannot_sign_in(self) -> None:
        assert not User.objects.create_user("ada@example.com").has_usable_password()


def test_createsuperuser_makes_one_who_may_do_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "secret")
    call_command("createsuperuser", interactive=False, email="Root@Example.com", name="Root", verbosity=0)
    user = User.objects.get(email="root@example.com")
    assert user.is_staff
    assert user.is_superuser
    assert user.check_password("secret")
