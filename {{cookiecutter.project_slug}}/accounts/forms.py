"""The forms of accounts."""

from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm

from accounts.models import User


class SignUpForm(BaseUserCreationForm[User]):
    """E-mail address, name, and a password, twice."""

    class Meta:
        model = User
        fields = ("email", "name")
        help_texts = {"email": "You sign in with it."}


class SignInForm(AuthenticationForm):
    """Django's, with a message that fits: addresses are found whatever their case."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "No account has this e-mail address and this password. Mind capital letters in the password."
    }
