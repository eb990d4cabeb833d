"""The forms of accounts."""

import logging
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordResetForm, UsernameField

from accounts.models import User
from core import mail
from core.background import run_for_request
from core.failures import failures_logged

logger = logging.getLogger(__name__)


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

        The request does not wait for it, and a failure is only logged: both told that there is an account.
        """
        url = f"{context['protocol']}://{context['domain']}"
        context = context | {"url": url, "greeting": mail.greeting(str(context["user"]))}

        def send() -> None:
            mail.send(mail.compose("accounts/password_reset_email", to_email, context))

        with failures_logged(logger, "A mail with a link for a new password was not sent."):
            run_for_request(send, hold=False)

    def get_users(self, email: str) -> Iterator[User]:
        users = User.objects.filter(email=email, is_active=True)
        return (user for user in users if user.has_usable_password())


class SignInForm(AuthenticationForm):
    """Django's, with a message that fits: addresses are found whatever their case."""

    username = UsernameField(widget=forms.EmailInput(attrs={"autofocus": True}))

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "No account has this email address and this password. Passwords are case-sensitive."
    }
