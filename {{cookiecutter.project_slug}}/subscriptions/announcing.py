"""Announcing what has changed: that a page has become public, or no longer is.

Whatever has made a page public, be it time itself, leads here. What the page's row says is compared with what was last
told of it, while nobody else can do the same: the row is locked. So each change is announced once, however many look.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core.dispatch import send_on_commit
from pages.models import Page
from pages.signals import page_published, page_unpublished
from subscriptions.models import Announcement

BATCH_SIZE = 500

# When the readers were told of a page that they are never told of.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def announce(keys: Collection[int], using: str, *, quietly: bool = False) -> int:
    """Announce what has changed of the pages with these keys, and return of how many something had.

    To be called in a transaction that has locked their rows, as one that has saved them has. ``quietly``: what they are
    is taken for known, nothing is sent, and their readers are never told.
    """
    now = timezone.now()
    told, changed = {}, []
    # Read by a statement that began after the rows were locked: it sees what others have announced until then.
    states = Page.objects.using(using).filter(pk__in=keys).order_by("pk")
    for key, published_at, published in states.values_list("pk", "published_at", "announcement__published"):
        public = published_at is not None and published_at <= now
        if public != bool(published):
            told[key] = published
            readers_told_at = LONG_AGO if quietly else None
            changed.append(Announcement(page_id=key, published=public, readers_told_at=readers_told_at))
    if not changed:
        return 0
    Announcement.objects.using(using).bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["page"],
        update_fields=["published", "readers_told_at"] if quietly else ["published"],
    )
    pages = {} if quietly else Page.objects.using(using).in_bulk(list(told))
    for each in changed:
        if page := pages.get(each.page_id):
            if each.published:
                send_on_commit(page_published, Page, instance=page, first=told[each.page_id] is None, using=using)
            else:
                send_on_commit(page_unpublished, Page, instance=page, using=using)
    return len(changed)


def announce_changes(using: str, *, quietly: bool = False) -> Iterator[int]:
    """Announce all that has changed, batch by batch, each in a transaction; yield of how many pages each one was.

    Pages that somebody else has locked are passed over: a write announces what it changes itself, and the rest is found
    the next time.
    """
    keys = changed_pages(using)
    for start in range(0, len(keys), BATCH_SIZE):
        with transaction.atomic(using=using):
            batch = Page.objects.using(using).filter(pk__in=keys[start : start + BATCH_SIZE]).order_by("pk")
            # no_key: others may still refer to these pages meanwhile.
            locked = list(batch.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
            count = announce(locked, using, quietly=quietly)
        yield count


def changed_pages(using: str) -> list[int]:
    """The keys of the pages that are not what was last told of them.

    Two questions, each answered along the index of ``published_at``: as one, it would be read through all pages.
    """
    now = timezone.now()
    told = Exists(Announcement.objects.using(using).filter(page=OuterRef("pk"), published=True))
    pages = Page.objects.using(using).order_by()
    begun = pages.filter(~told, published_at__lte=now)
    ended = pages.filter(Q(published_at=None) | Q(published_at__gt=now), told)
    return [*begun.values_list("pk", flat=True), *ended.values_list("pk", flat=True)]
