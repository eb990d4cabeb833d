"""Records who signs in and out, who fails to and who is kept out, and welcomes newcomers."""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal
from django.http import HttpRequest
from django.template.loader import render_to_string

from accounts.models import User
from auth_tracking import lockout
from auth_tracking.managers import NUMBER_KEY, SESSION_KEY
from auth_tracking.models import FORGOTTEN, LoginEvent
from auth_tracking.names import name_key
from core.dispatch import send_on_commit
from core.failures import failures_logged

logger = logging.getLogger(__name__)

# Sent when a user has signed in from a device and network not seen before for this user, after the commit; not of the
# first sign-in that is recorded of a user who is older than this app. The sender is LoginEvent. Arguments: instance,
# the event; user; first, whether it is their very first sign-in, when no device can be known yet; using.
new_device_login = Signal()


def record_login(request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Record a sign-in; welcome the user if it is their very first one; say so if the device is new."""
    if impersonates(request):
        return
    with failures_logged(logger, "A sign-in was not recorded."):
        event = LoginEvent.objects.record_login(request, user)
        # Users may be older than this app. last_login tells: until a minute ago, as Django's own receiver, which sets
        # it, may have run before this one.
        older = user.last_login is not None and user.last_login < event.time - timedelta(minutes=1)
        first = event.number == 1 and not older
        if request is not None and hasattr(request, "session"):
            request.session[SESSION_KEY], request.session[NUMBER_KEY] = event.session, event.number
            if first and hasattr(request, "user"):  # Client.login() makes a request that is little more than a session
                welcome(request)
        # Of the first sign-in that is recorded of somebody older nobody knows whether the device is new.
        if event.new_device and (first or event.number != 1):
            send_on_commit(new_device_login, LoginEvent, instance=event, user=user, first=first)


def impersonates(request: HttpRequest | None) -> bool:
    """Whether somebody begins or ends to act as another user, who has neither signed in nor out themselves."""
    match = getattr(request, "resolver_match", None)
    return match is not None and match.view_name in settings.IMPERSONATING_VIEWS


def welcome(request: HttpRequest) -> None:
    """Introduce the site, on the next page that the user sees."""
    with failures_logged(logger, "A welcome was not shown."):
        text = render_to_string("auth_tracking/welcome.html", request=request)
        messages.info(request, text, fail_silently=True)  # RemoteUserMiddleware may come before the messages


def record_logout(request: HttpRequest | None, user: User | None, **kwargs: Any) -> None:
    """Record a sign-out; nothing if nobody was signed in, or if the user in hand has just been deleted."""
    if user is not None and user.pk is not None and not impersonates(request):
        with failures_logged(logger, "A sign-out was not recorded."):
            LoginEvent.objects.record_logout(request, user)


def record_failure(credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Record that somebody could not sign in, and whether they were kept out."""
    names = (credentials.get(key) for key in ("username", User.USERNAME_FIELD))
    name = next((name for name in names if name is not None), "")
    blocked = lockout.failed()
    with failures_logged(logger, "A failed sign-in was not recorded."):
        LoginEvent.objects.record_failure(request, name, blocked=blocked)


def release_attempt(**kwargs: Any) -> None:
    """Take back what the lockout has counted, if another backend has let in whom ours did not know."""
    lockout.succeeded()


def forget_user(instance: User, *, using: str, **kwargs: Any) -> None:
    """Leave of a deleted user's events what happened and when, and nothing that tells who it was.

    Before the deletion: after it nothing tells whose they were. Those from before there was such an account go too. An
    event that is written while its user is deleted, or later by a sign-out, is left to ``prune_login_events``. An error
    propagates and stops the deletion.
    """
    key = name_key(instance.get_username())
    events = LoginEvent.objects.using(using).filter(Q(user=instance) | Q(user=None, name_key=key))
    events.update(**FORGOTTEN)

    def forget_attempts() -> None:
        with failures_logged(logger, "What the lockout counted of a deleted user stays until it is too old."):
            lockout.lift(name=key)

    transaction.on_commit(forget_attempts, using=using, robust=True)
