"""The site's users."""

from collections.abc import Iterator
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.mail import send_mail
from django.db import models
from django.utils import timezone

from accounts.fields import LowercaseEmailField
from accounts.managers import UserManager
from core.models import AtomicModel


class User(AtomicModel, AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an email address and goes by a name."""

    email = LowercaseEmailField(
        "email address", unique=True, error_messages={"unique": "There is already an account with this email address."}
    )
    name = models.CharField(max_length=100, help_text="Shown to other people.")
    is_staff = models.BooleanField("staff", default=False, help_text="May enter the admin.")
    is_active = models.BooleanField("active", default=True, help_text="Untick this instead of deleting a user.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # A part of what each session must prove: a new one ends them all.
    session_salt = models.CharField(max_length=32, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    # % if cookiecutter.lifecycle_signals
    write_once = ("date_joined",)  # nobody changes it later: see lifecycle/write_once.py

    # % endif
    def __str__(self) -> str:
        return self.name or f"User {self.pk}"  # not the email address: this is shown to everybody

    def get_full_name(self) -> str:
        """The name, for third parties that ask as ``django.contrib.auth`` would."""
        return self.name

    def get_short_name(self) -> str:
        """The name, for third parties that ask as ``django.contrib.auth`` would."""
        return self.name

    def get_session_auth_hash(self) -> str:
        """What a session of this user must hold: it changes with the password, and with ``session_salt``."""
        return super().get_session_auth_hash() + self.session_salt

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same by older secret keys (``SECRET_KEY_FALLBACKS``)."""
        return (fallback + self.session_salt for fallback in super().get_session_auth_fallback_hash())

    def email_user(self, subject: str, message: str, from_email: str | None = None) -> None:
        """Send this user a mail in plain text."""
        send_mail(subject, message, from_email, [self.email])
