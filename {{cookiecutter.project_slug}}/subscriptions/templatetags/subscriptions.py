"""What of a page or a tag can be followed, for its buttons."""

import logging
from typing import NamedTuple, cast

from django import template
from django.db import router
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from core.failures import failures_logged
from core.transactions import savepoint
from pages.models import Page, Tag
from subscriptions.models import MailOptOut, Subscription

logger = logging.getLogger(__name__)
register = template.Library()


class Button(NamedTuple):
    """To follow something, or to follow it no longer."""

    name: str
    following: bool
    url: str


class Mine(NamedTuple):
    """What a user follows, and whether they get mail of it."""

    buttons: list[Button]
    mail: bool


@register.simple_tag
def page_buttons(request: HttpRequest, page: Page) -> list[Button]:
    """The buttons for a page's author and tags, to be looked up in one query.

    The page may hold no more than what readers see of it: nothing else is asked of it. Nobody follows themselves.
    """
    things: list[User | Tag] = list(page.tags.all())
    if page.author is not None and page.author.pk != request.user.pk:
        things.insert(0, page.author)
    return buttons(request, things)


@register.simple_tag
def tag_buttons(request: HttpRequest, tag: Tag) -> list[Button]:
    """The button for a tag."""
    return buttons(request, [tag])


@register.simple_tag
def mine(request: HttpRequest) -> Mine | None:
    """What the user follows, by name; None if it cannot be read, which is logged."""
    user = cast("User", request.user)
    with failures_logged(logger, "What is followed cannot be shown."), savepoint(router.db_for_read(Subscription)):
        followed = [each.followed for each in Subscription.objects.filter(user=user).select_related("tag", "author")]
        by_name = sorted(followed, key=lambda each: str(each).casefold())
        mail = not MailOptOut.objects.filter(user=user).exists()
        return Mine([button(each, following=True) for each in by_name], mail)
    return None


def buttons(request: HttpRequest, things: list[User | Tag]) -> list[Button]:
    """A button for each; none, and no query, for visitors who are not signed in.

    None either if what they follow cannot be read, which is logged.
    """
    if not things or not request.user.is_authenticated:
        return []
    tags = [thing for thing in things if isinstance(thing, Tag)]
    authors = [thing for thing in things if isinstance(thing, User)]
    with failures_logged(logger, "What is followed cannot be shown."), savepoint(router.db_for_read(Subscription)):
        subscriptions = Subscription.objects.filter(Q(tag__in=tags) | Q(author__in=authors), user=request.user)
        followed = set(subscriptions.values_list("tag", "author"))
        return [button(thing, following=key_of(thing) in followed) for thing in things]
    return []


def key_of(thing: User | Tag) -> tuple[int | None, int | None]:
    """As a subscription has it."""
    return (thing.pk, None) if isinstance(thing, Tag) else (None, thing.pk)


def button(thing: User | Tag, *, following: bool) -> Button:
    """The button for a tag or an author."""
    verb = "unfollow" if following else "follow"
    kind, key = ("tag", thing.slug) if isinstance(thing, Tag) else ("author", thing.pk)
    return Button(str(thing), following, reverse(f"subscriptions:{verb}_{kind}", args=[key]))
