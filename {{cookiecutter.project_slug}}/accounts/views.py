"""Signing up, and the account page. The rest comes from ``django.contrib.auth.views``, see ``urls.py``."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from accounts.forms import SignUpForm
from accounts.models import User


@sensitive_post_parameters()
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a user, and sign them in."""
    if request.user.is_authenticated:
        return redirect("account")
    form = SignUpForm(request.POST or None)
    if form.is_valid():
        try:
            # The user and all that receivers add to a new user, or nothing.
            with transaction.atomic():
                user = form.save()
        except IntegrityError:
            # The form saw no such address, but somebody may have taken it since. Anything else is not the visitor's.
            if not User.objects.filter(email=form.cleaned_data["email"]).exists():
                raise
            form.add_error("email", User._meta.get_field("email").error_messages["unique"])
        else:
            login(request, user)
            messages.success(request, f"Welcome, {user}.")
            return redirect("account")
    return render(request, "accounts/sign_up.html", {"form": form})


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """What the site knows of the user, with the panels of other apps (``ACCOUNT_PANELS``)."""
    return render(request, "accounts/account.html")
