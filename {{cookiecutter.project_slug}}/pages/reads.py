"""What visitors read: lists of pages, and one page."""

from typing import NamedTuple

from django.core.paginator import Paginator

from pages.models import Page, PageQuerySet, Tag

PAGES_PER_LIST = 10
# Who asks for a later part of a list gets this one, or the last that there is.
LAST_PART = 10_000


class Part(NamedTuple):
    """A part of a list of pages, read to the end: showing it takes no query."""

    pages: list[Page]
    number: int
    parts: int  # that the list has

    @property
    def newer(self) -> int | None:
        """The number of the part before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def older(self) -> int | None:
        """The number of the part after."""
        return self.number + 1 if self.number < self.parts else None


class PageReads:
    """Reads from the database. ``PAGE_READS`` names this class, or one that stands before it."""

    def newest(self, number: int) -> Part:
        """A part of the list of all published pages, the newest first."""
        return self._part(Page.objects.published(), number)

    def tagged(self, slug: str, number: int) -> tuple[Tag, Part] | None:
        """A tag, and a part of the list of its published pages; None if there is no such tag."""
        tag = Tag.objects.filter(slug=slug).first()
        if tag is None:
            return None
        return tag, self._part(Page.objects.published().filter(tags=tag), number)

    def page(self, slug: str) -> Page | None:
        """A published page; None if there is none."""
        return Page.objects.published().for_reading().filter(slug=slug).first()

    def _part(self, pages: PageQuerySet, number: int) -> Part:
        part = Paginator(pages.for_list(), PAGES_PER_LIST).get_page(number)
        return Part(list(part), part.number, part.paginator.num_pages)


def part_number(text: str | None) -> int:
    """The part that ``?page=`` asks for. Whatever it asks for, there is one."""
    return min(int(text), LAST_PART) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 1
