"""Tells people that a page was published that they follow; and takes it back with the page.

The page's row is locked meanwhile: whoever unpublishes it waits, and what is taken back then is complete.
"""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from notifications.kinds import Channel, Kind
from notifications.models import Notification
from notifications.preferences import wanting
from notifications.telling import notify
from pages.models import Page

PAGE = Kind("page", "A page that I follow is published", channels=(Channel.SITE,))


def note_page(instance: Page, *, readers: Collection[Any], using: str, **kwargs: Any) -> None:
    """Tell ``readers``, given by their keys, on the site, if everybody may still see the page."""
    with transaction.atomic(using=using):
        page = lock(instance, using)
        if page is not None and page.is_published:
            followers = wanting(PAGE, Channel.SITE, using=using).filter(pk__in=readers)
            notify(followers, PAGE, key=key_of(page), text=page.title, url=page.get_absolute_url())


def forget_page(instance: Page, *, using: str, **kwargs: Any) -> None:
    """Take back what nobody has read yet, unless the page is public again."""
    with transaction.atomic(using=using):
        page = lock(instance, using)
        if page is None or not page.is_published:
            take_back(instance, using)


def take_back(instance: Page, using: str, **kwargs: Any) -> None:
    """Take back what nobody has read yet of a page that is deleted."""
    Notification.objects.using(using).filter(key=key_of(instance), read_at=None).delete()


def lock(page: Page, using: str) -> Page | None:
    """The page as it is now, locked until the transaction ends; None if it is gone."""
    return Page.objects.using(using).select_for_update().filter(pk=page.pk).first()


def key_of(page: Page) -> str:
    """What notifications of this page go by."""
    return f"page:{page.pk}"
