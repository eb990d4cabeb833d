"""Reading notifications, and choosing what to be told of."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from notifications.models import Notification
from notifications.preferences import set_switches
from notifications.unread import unread_of

SHOWN = 20


@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """One's own, the newest first; ``?before=`` goes on where the last part ended."""
    before = number(request.GET.get("before"))
    notifications = Notification.objects.filter(user=cast("User", request.user)).order_by("-pk")
    if before is not None:
        notifications = notifications.filter(pk__lt=before)
    found = list(notifications[: SHOWN + 1])
    shown = found[:SHOWN]
    context = {
        "notifications": shown,
        "older": shown[-1].pk if len(found) > SHOWN else None,
        "is_first_part": before is None,
        "unread": unread_of(request),
    }
    return render(request, "notifications/mine.html", context)


@never_cache
@require_safe
def unread(request: HttpRequest) -> JsonResponse:
    """What the bell shows, for its script; 403 if nobody is signed in."""
    unread = unread_of(request)
    if unread is None:
        return JsonResponse({}, status=403)
    return JsonResponse({"count": unread.count, "text": unread.text, "label": unread.label})


@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, and go where it leads, if that is on this site."""
    if not request.user.is_authenticated:
        return redirect("notifications:mine")  # which asks to sign in, and can be come back to
    one = Notification.objects.filter(pk=pk, user=request.user)
    url = get_object_or_404(one).url
    one.filter(read_at=None).update(read_at=timezone.now())
    is_local = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return redirect(url if is_local else "notifications:mine")


@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    """Mark all as read up to the newest that was shown: what has come since was not seen."""
    newest = number(request.POST.get("newest"))
    if request.user.is_authenticated and newest is not None:
        unread = Notification.objects.filter(user=request.user, read_at=None, pk__lte=newest)
        unread.update(read_at=timezone.now())
    return redirect("notifications:mine")


@require_POST
def switches(request: HttpRequest) -> HttpResponse:
    """Switch on what is ticked, and off what is not."""
    if request.user.is_authenticated:
        set_switches(request.user, shown=request.POST.getlist("shown"), on=request.POST.getlist("on"))
        messages.success(request, "What you are told of is saved.")
    return redirect("account")


def number(text: str | None) -> int | None:
    """A key, as a page has it from here."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None
