"""The pages that visitors read, through the cache. ``signals.py`` says what ends which generation."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.utils import timezone

from cache_invalidation.reads import read_through
from pages.models import Page, PageQuerySet, Tag
from pages.reads import PageReads, Part

# What all lists of pages depend on.
LISTS = "lists"

# Later parts of a list are read from the database: few people read them, and robots would fill the cache.
CACHED_PARTS = 20
LONGEST_SLUG = Page._meta.get_field("slug").max_length or 0


class CachedPageReads(PageReads):
    """Stands before ``PageReads``."""

    def newest(self, number: int) -> Part:
        produce = partial(super().newest, number)
        if number > CACHED_PARTS:
            return produce()
        return read_through(f"newest {number}", depends_on=[LISTS], produce=produce, timeout=until_next_due)

    def tagged(self, slug: str, number: int) -> tuple[Tag, Part] | None:
        produce = partial(super().tagged, slug, number)
        if number > CACHED_PARTS or len(slug) > LONGEST_SLUG:
            return produce()
        return read_through(f"tagged {slug} {number}", depends_on=[LISTS], produce=produce, timeout=until_next_due)

    def page(self, slug: str) -> Page | None:
        produce = partial(super().page, slug)
        if len(slug) > LONGEST_SLUG:
            return produce()
        timeout = partial(until_next_due, Page.objects.filter(slug=slug))
        return read_through(f"page {slug}", depends_on=[page_name(slug)], produce=produce, timeout=timeout)


def page_name(slug: str) -> str:
    """What the page with this slug depends on."""
    return f"page:{slug}"


def until_next_due(pages: PageQuerySet | None = None) -> float:
    """For how many seconds what is read of some pages, or all, stays as it is if nobody writes: until one is due."""
    now, longest = timezone.now(), float(settings.CACHED_PAGE_SECONDS)
    due = (Page.objects.all() if pages is None else pages).filter(
        published_at__gt=now, published_at__lt=now + timedelta(seconds=longest)
    )
    next_due = due.order_by("published_at").values_list("published_at", flat=True).first()
    return (next_due - now).total_seconds() if next_due else longest


def read_home() -> None:
    """Read what the home page shows."""
    CachedPageReads().newest(1)
