"""The authentication backend that keeps to the lockout."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from auth_tracking import lockout
from auth_tracking.names import impossible


class Lockout(BaseBackend):
    """Puts the lockout before a backend for names and passwords: ``class Backend(Lockout, OtherBackend)``."""

    @sensitive_variables("password", "kwargs")
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user with this name and password.

        Raises PermissionDenied, and looks at no password, if there were too many attempts, or if nobody can have these:
        Django then asks no other backend and sends ``user_login_failed``.
        """
        name = kwargs.get(User.USERNAME_FIELD) if username is None else username
        if name is None or password is None:
            return None  # not a name and a password: for other backends
        if lockout.take(request, name).refused:
            raise PermissionDenied
        if impossible(name, password):
            User().set_password("")  # as slow as any wrong name
            raise PermissionDenied  # other backends would fail on it
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            lockout.succeeded()
        return user

    @sensitive_variables("password", "kwargs")
    async def aauthenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The same. Django's own would go past the lockout."""
        return await sync_to_async(self.authenticate)(request, username=username, password=password, **kwargs)


class LockoutBackend(Lockout, ModelBackend):
    """Django's backend, behind the lockout.

    Stays the first of ``AUTHENTICATION_BACKENDS``: what it refuses, the others are not asked about.
    """
