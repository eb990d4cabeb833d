"""Following and no longer following, with or without mail; and stopping the mail without signing in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from pages.models import Page, Tag
from subscriptions import optout
from subscriptions.models import MailOptOut, Subscription


def button(act: Callable[..., str]) -> Callable[..., HttpResponse]:
    """The view of a button: does ``act`` for the user, shows what it returns, and goes back to where the button is.

    Who is no longer signed in is asked to, and comes back to it too.
    """

    @require_POST
    @wraps(act)
    def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(back(request))
        messages.success(request, act(request.user, **kwargs))
        return HttpResponseRedirect(back(request))

    return view


def back(request: HttpRequest) -> str:
    """Where on this site the form's ``next`` says that it is; the account page if it does not."""
    url = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    return url if ours else resolve_url("account")


@button
def follow_tag(user: User, slug: str) -> str:
    """Have the user follow a tag."""
    tag = get_object_or_404(Tag, slug=slug)
    Subscription.objects.get_or_create(user=user, tag=tag)
    return f"You now follow {tag}."


@button
def unfollow_tag(user: User, slug: str) -> str:
    """Have the user follow a tag no longer."""
    tag = get_object_or_404(Tag, slug=slug)
    Subscription.objects.filter(user=user, tag=tag).delete()
    return f"You no longer follow {tag}."


@button
def follow_author(user: User, pk: int) -> str:
    """Have the user follow an author: somebody by whom there is a published page. Others' names are not told."""
    # author__pk, not pk: a number too large for the database is found nowhere; under pk it would be an error.
    page = Page.objects.published().filter(author__pk=pk).select_related("author").first()
    if page is None:
        raise Http404
    Subscription.objects.get_or_create(user=user, author=page.author)
    return f"You now follow {page.author}."


@button
def unfollow_author(user: User, pk: int) -> str:
    """Have the user follow an author no longer."""
    subscription = Subscription.objects.filter(user=user, author__pk=pk).select_related("author").first()
    if subscription is None:
        return "You do not follow them."
    subscription.delete()
    return f"You no longer follow {subscription.author}."


@button
def start_mail(user: User) -> str:
    """Send the user mail of what they follow."""
    MailOptOut.objects.filter(user=user).delete()
    return "You get mail of what you follow."


@button
def stop_mail(user: User) -> str:
    """Send the user no mail of what they follow."""
    MailOptOut.objects.get_or_create(user=user)
    return "You get no more mail of what you follow."


@never_cache
@csrf_exempt  # whoever has the link may; mail programs send this form without having seen the page (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The link in a mail. It only asks, as programs that look for viruses follow links; its button stops the mail."""
    try:
        user = User.objects.filter(pk=optout.user_of(token)).first()
    except BadSignature:
        raise Http404 from None
    if user is not None and request.method == "POST":
        MailOptOut.objects.get_or_create(user=user)
    stopped = request.method == "POST"
    return render(request, "subscriptions/unsubscribe.html", {"known": user is not None, "stopped": stopped})
