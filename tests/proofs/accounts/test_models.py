"""Users: one for each email address, whatever its case."""

import pytest
from django.contrib.auth import authenticate
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError

from accounts.models import User

pytestmark = pytest.mark.django_db


class TestEmail:
    def test_is_kept_in_lower_case_by_bulk_writes_too(self) -> None:
        User.objects.bulk_create([User(email="Ada@Example.COM")])
        assert User.objects.get().email == "ada@example.com"
        User.objects.update(email="Grace@Example.COM")
        assert User.objects.get().email == "grace@example.com"

    @pytest.mark.parametrize("spelling", ["ADA@example.com", "Ada@Example.Com", "ada@example.com"])
    def test_is_found_whatever_its_case(self, spelling: str) -> None:
        user = User.objects.create_user("ada@example.com", "secret")
        assert User.objects.get(email=spelling) == user
        assert User.objects.get_by_natural_key(spelling) == user
        assert authenticate(email=spelling, password="secret") == user

    @pytest.mark.parametrize("spelling", ["ADA@example.com", "ada@example.com"])
    def test_is_unique_whatever_its_case(self, spelling: str) -> None:
        User.objects.create_user("ada@example.com")
        with pytest.raises(ValidationError, match="There is already an account with this email address"):
            User(email=spelling, name="Ada", password="x").full_clean()
        with pytest.raises(IntegrityError):
            User.objects.create_user(spelling)

    def test_is_unique_whatever_the_case_of_letters_that_a_database_may_not_know(self) -> None:
        User.objects.create_user("ada@été.example")
        with pytest.raises(IntegrityError):
            User.objects.create_user("ada@ÉTÉ.example")

    def test_is_needed(self) -> None:
        with pytest.raises(ValueError, match="A user needs an email address"):
            User.objects.create_user("")


class TestUser:
    def test_gets_mail(self) -> None:
        User(email="ada@example.com").email_user("Hello", "How are you?")
        assert [(message.to, message.subject) for message in mail.outbox] == [(["ada@example.com"], "Hello")]


def test_createsuperuser_makes_one_who_may_do_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "secret")
    call_command("createsuperuser", interactive=False, email="Root@Example.com", name="Root", verbosity=0)
    user = User.objects.get(email="root@example.com")
    assert user.is_staff
    assert user.is_superuser
    assert user.check_password("secret")
