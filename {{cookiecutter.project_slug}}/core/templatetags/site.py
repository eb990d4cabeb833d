"""What every page shows of the site itself. Tags, not a context processor: they work in error pages too."""

from typing import NamedTuple

from django import template
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User

register = template.Library()

AUDIENCES = ("anyone", "users", "staff")


class Link(NamedTuple):
    """One link of the navigation."""

    text: str
    url: str
    current: bool


@register.simple_tag
def site_name() -> str:
    """The site's name (``SITE_NAME``)."""
    return settings.SITE_NAME


@register.simple_tag
def site_description() -> str:
    """What the site is about (``SITE_DESCRIPTION``)."""
    return settings.SITE_DESCRIPTION


@register.filter
def parts(place: str) -> list[str]:
    """The templates that a place includes (``PARTS``): what apps have to show there."""
    return settings.PARTS.get(place, [])


@register.simple_tag
def navigation(request: HttpRequest) -> list[Link]:
    """The links of ``NAVIGATION`` that this visitor may see."""
    links = [(text, reverse(name)) for text, name, audience in settings.NAVIGATION if may_see(audience, request.user)]
    return [Link(text, url, current=url == request.path) for text, url in links]


def may_see(audience: str, user: User | AnonymousUser) -> bool:
    """Whether ``user`` belongs to an audience of ``NAVIGATION``."""
    match audience:
        case "anyone":
            return True
        case "users":
            return user.is_authenticated
        case "staff":
            return user.is_staff
        case _:
            raise ValueError(f'NAVIGATION knows "anyone", "users" and "staff", not "{audience}".')
