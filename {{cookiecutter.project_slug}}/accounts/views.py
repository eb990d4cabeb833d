"""Signing up, the account page, signing out elsewhere. What else there is comes from Django: see ``urls.py``."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView, PasswordResetConfirmView
from django.db import IntegrityError, router, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.forms import ChangePasswordForm, SignUpForm
from accounts.models import User


@sensitive_post_parameters()
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a user, and sign them in."""
    if request.user.is_authenticated:
        return redirect("account")
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        using = router.db_for_write(User)
        try:
            # The user and all that receivers add to a new user, or nothing.
            with transaction.atomic(using=using):
                user = form.save()
        except IntegrityError:
            # The form saw no such address, but somebody may have taken it since. Anything else is not the visitor's.
            if not User.objects.using(using).filter(email=form.cleaned_data["email"]).exists():
                raise
            form.add_error("email", User._meta.get_field("email").error_messages["unique"])
        else:
            messages.success(request, "Your account is ready.")
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("account")
    return render(request, "accounts/sign_up.html", {"form": form})


class NewPassword(PasswordResetConfirmView):
    """A new password for whoever follows the link in a reset mail."""

    # % if cookiecutter.activity_log or cookiecutter.notifications
    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password as the user's own doing: nobody is signed in yet."""
        from core.actors import acting_as

        with acting_as(form.user):
            return super().form_valid(form)

    # % endif
    template_name = "accounts/password_reset_confirm.html"


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """What the site knows of the user, with the parts of other apps (``PARTS``)."""
    return render(request, "accounts/account.html")


class ChangePassword(PasswordChangeView):
    """Django's, with a form that sees the request."""

    form_class = ChangePasswordForm
    template_name = "accounts/password_change.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}


@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End all sessions of the user but this one, wherever and in whatever way sessions are kept."""
    if not request.user.is_authenticated:
        return redirect("account")  # which asks to sign in, and can be come back to
    user = request.user
    user.session_salt = get_random_string(32)
    user.save(update_fields=["session_salt"])
    update_session_auth_hash(request, user)
    messages.success(request, "You are signed out everywhere else.")
    return redirect("account")
