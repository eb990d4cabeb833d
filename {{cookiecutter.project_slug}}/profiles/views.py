"""Reading and editing profiles."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import User
from profiles.forms import ProfileForm
from profiles.models import Profile


def profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody's profile."""
    profiles = Profile.objects.filter(user__is_active=True).select_related("user")
    # user__pk, not pk: Django 5.2 finds nothing under a number too large for the database; under pk it fails.
    return render(request, "profiles/profile.html", {"profile": get_object_or_404(profiles, user__pk=pk)})


@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """One's own profile."""
    return render(request, "profiles/profile.html", {"profile": own_profile(request)})


@login_required
def edit(request: HttpRequest) -> HttpResponse:
    """Change one's own profile."""
    profile = own_profile(request)
    form = ProfileForm(request.POST or None, instance=profile)
    if form.is_valid():
        try:
            form.save()
        except IntegrityError:  # the user was deleted meanwhile
            return redirect("login")
        messages.success(request, "Your profile is saved.")
        return redirect("profiles:mine")
    return render(request, "profiles/edit.html", {"form": form})


def own_profile(request: HttpRequest) -> Profile:
    """The profile of whoever is signed in; made now for a user that signals never saw."""
    profile, _ = Profile.objects.get_or_create(user=cast("User", request.user))
    return profile
