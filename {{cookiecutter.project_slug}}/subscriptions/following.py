"""Who follows what, and with it a page: its author, or one of its tags."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from pages.models import Page
from subscriptions.models import Announcement, SentMail, Subscription

BATCH_SIZE = 200


def readers_to_tell(page: Page, using: str) -> Iterator[list[int]]:
    """The keys of the active users who follow a page, each one once, in batches.

    None if it was taken back, or if they were first looked for so long ago that nobody knows any more who has got the
    mail. Until then they are looked for each time that it is published: when it was taken back, some had not got it.
    """
    now = timezone.now()
    # Not by the clock: that of the machine that has published the page may be ahead of this one's.
    announced = Announcement.objects.using(using).filter(page=page.pk, published=True)
    first = announced.filter(readers_told_at=None).update(readers_told_at=now)
    if first or announced.filter(readers_told_at__gt=now - SentMail.KEPT).exists():
        found = merge(*(followers(each, using) for each in followed(page, using)))
        readers = (key for key, _ in groupby(found))
        while batch := list(islice(readers, BATCH_SIZE)):
            active = User.objects.using(using).filter(pk__in=batch, is_active=True).order_by("pk")
            if keys := list(active.values_list("pk", flat=True)):
                yield keys


def followed(page: Page, using: str) -> list[Q]:
    """What there is of a page to follow, as conditions on subscriptions."""
    tags = Page.tags.through.objects.using(using).filter(page=page.pk).values_list("tag", flat=True)
    authors = [Q(author=page.author_id)] if page.author_id else []
    return [*authors, *(Q(tag=tag) for tag in tags)]


def followers(condition: Q, using: str) -> Iterator[int]:
    """The keys of the users who follow one thing, in their order, read in batches along its index.

    Without a look at the users themselves: the database might go through all of them for each batch.
    """
    subscriptions = Subscription.objects.using(using).filter(condition).order_by("user_id")
    last = 0
    while keys := list(subscriptions.filter(user_id__gt=last).values_list("user_id", flat=True)[:BATCH_SIZE]):
        yield from keys
        last = keys[-1]
