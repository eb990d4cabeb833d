"""The forms of accounts."""

from collections.abc import Iterator

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordResetForm, UsernameField

from accounts.models import User


class SignUpForm(BaseUserCreationForm[User]):
    """Email address, name, and a password, twice."""

    class Meta:
        model = User
        fields = ("email", "name")
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        help_texts = {"email": "You use it to sign in."}


class ResetForm(PasswordResetForm):
    """Django's, looking the address up as it is stored, by its index."""

    def get_users(self, email: str) -> Iterator[User]:
        users = User.objects.filter(email=email, is_active=True)
        return (user for user in users if user.has_usable_password())


class SignInForm(AuthenticationForm):
    """Django's, with a message that fits: addresses are found whatever their case."""

    username = UsernameField(widget=forms.EmailInput(attrs={"autofocus": True}))

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "No account has this email address and this password. Passwords are case-sensitive."
    }
