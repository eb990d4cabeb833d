"""The forms of accounts."""

import logging
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    PasswordResetForm,
    UsernameField,
)
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from core import mail
from core.background import run_for_request
from core.failures import failures_logged

logger = logging.getLogger(__name__)

# How many mails with a link for a new password go to one address in any hour.
MOST_RESET_MAILS = 3


class SignUpForm(BaseUserCreationForm[User]):
    """Email address, name, and a password, twice."""

    # % if cookiecutter.activity_log or cookiecutter.notifications
    def save(self, commit: bool = True) -> User:
        """Save the user as their own doing: nobody is signed in yet."""
        from core.actors import acting_as

        with acting_as(self.instance):
            return super().save(commit)

    # % endif
    class Meta:
        model = User
        fields = ("email", "name")
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        help_texts = {"email": "You use it to sign in."}


class ChangePasswordForm(PasswordChangeForm):
    """Django's, checking the old password as a sign-in does: whatever limits and records sign-ins does so here too."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables("old_password")
    def clean_old_password(self) -> str:
        """The old password, if it is right."""
        old_password: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old_password) != self.user:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old_password


class ResetForm(PasswordResetForm):
    """Django's, looking the address up as it is stored, by its index, and with a mail in the site's look."""

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Send it, with a link to where the request came to.

        The request does not wait for it, and a failure is only logged: both told that there is an account. Nor does it
        say that an address has had its ``MOST_RESET_MAILS``.
        """
        url = f"{context['protocol']}://{context['domain']}"
        context = context | {"url": url, "greeting": mail.greeting(str(context["user"]))}

        def send() -> None:
            if may_send_reset_mail(to_email):
                mail.send(mail.compose("accounts/password_reset_email", to_email, context))

        with failures_logged(logger, "A mail with a link for a new password was not sent."):
            run_for_request(send, hold=False)

    def get_users(self, email: str) -> Iterator[User]:
        users = User.objects.filter(email=email, is_active=True)
        return (user for user in users if user.has_usable_password())


def may_send_reset_mail(address: str) -> bool:
    """Whether another mail may go to this address. Counted in the cache; while that is down, all of them may."""
    key = salted_hmac("accounts.forms.reset", address, algorithm="sha256").hexdigest()
    with failures_logged(logger, "Mails with a link for a new password are not limited: the cache is down."):
        return any(cache.add(f"accounts:reset:{key}:{n}", True, 60 * 60) for n in range(MOST_RESET_MAILS))
    return True


class SignInForm(AuthenticationForm):
    """Django's, with a message that fits: addresses are found whatever their case."""

    username = UsernameField(widget=forms.EmailInput(attrs={"autofocus": True}))

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "No account has this email address and this password. Passwords are case-sensitive."
    }
