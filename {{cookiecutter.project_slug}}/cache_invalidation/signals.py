"""Ends the generations that cached pages depend on: "page:about" of one page, "lists" of all lists, or everything.

Receivers run before the write, so that from then on the transaction reads past the cache. What the database has counts,
not the instance, which may be old or incomplete: rows are locked and looked up, or listed after the commit.
"""

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import User
from cache_invalidation.generations import EVERYTHING, end_on_commit
from cache_invalidation.page_reads import LISTS, page_name
from pages.models import Page, Tag

# The fields that cached reads show, or choose and sort by.
SHOWN: dict[type[Model], set[str]] = {
    Page: {"title", "slug", "body", "published_at", "author", "author_id"},
    Tag: {"name", "slug"},
    User: {"name"},
}

# Of more pages than this, none is named: everything ends.
MOST_NAMED = 1000


def end_old_page(
    instance: Page, *, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """A page is about to be saved: it will not be what it was, under the slug that it had.

    The lock keeps others from giving it another slug meanwhile.
    """
    if raw or not shows(Page, update_fields):
        return
    if instance.pk is not None:
        row = Page.objects.using(using).filter(pk=instance.pk).select_for_update(no_key=True)
        end_on_commit(*names_of(row), using=using)
    end_on_commit(*names_in(instance), using=using)


def end_new_page(
    instance: Page, *, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """A page was saved: it is there, under a slug where there may have been nothing before.

    Once more, as other receivers may have given it another slug meanwhile.
    """
    if not raw and shows(Page, update_fields):
        end_on_commit(*names_in(instance), using=using)


def end_loaded(*, raw: bool, using: str, **kwargs: Any) -> None:
    """A fixture was saved. It may bring anything, and outside of a transaction."""
    if raw:
        end_on_commit(EVERYTHING, using=using)


def end_migrated(*, using: str, **kwargs: Any) -> None:
    """The database was migrated, or emptied by ``flush``. What migrations write sends no signal."""
    end_on_commit(EVERYTHING, using=using)


def end_deleted_page(instance: Page, *, origin: Model | QuerySet[Any] | None, using: str, **kwargs: Any) -> None:
    """A page is about to be deleted. Where it is not the only one, everything ends: no query for each."""
    if origin is instance:
        end_on_commit(*names_of(Page.objects.using(using).filter(pk=instance.pk).select_for_update()), using=using)
    else:
        end_on_commit(EVERYTHING, using=using)


def end_retagged_pages(
    instance: Page | Tag, *, action: str, reverse: bool, pk_set: set[Any] | None, using: str, **kwargs: Any
) -> None:
    """Pages are about to be given tags, or to lose some, from either side."""
    pages = Page.objects.using(using)
    if action not in {"pre_add", "pre_remove", "pre_clear"} or pk_set == set():
        return
    if not reverse:
        end_listed(pages.filter(pk=instance.pk), using)
    elif pk_set:
        end_listed(pages.filter(pk__in=pk_set), using)
    else:
        end_pages_of(instance, using)


def end_pages_with_saved_tag(
    instance: Tag, *, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """A tag is about to be saved: pages show its name, and its own list may have been missed before."""
    if shows(Tag, update_fields):
        end_on_commit(LISTS, using=using)
        if instance.pk is not None:
            end_listed(Page.objects.using(using).filter(tags=instance.pk), using)


def end_pages_with_deleted_tag(instance: Tag, *, using: str, **kwargs: Any) -> None:
    """A tag is about to be deleted: its pages lose it."""
    end_on_commit(LISTS, using=using)
    end_pages_of(instance, using)


def end_pages_by_saved_author(
    instance: User, *, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """A user is about to be saved: pages show the author's name. One who is new has none."""
    if instance.pk is not None and shows(User, update_fields):
        end_listed(Page.objects.using(using).filter(author=instance.pk), using)


def end_everything(sender: type[Model], *, created: bool, fields: frozenset[str], using: str, **kwargs: Any) -> None:
    """Rows were written at once, and nobody says which. New users have no pages.

    Deleting a user writes pages at once, too: Django takes the author from them.
    """
    if not (created and issubclass(sender, User)) and shows(sender, fields):
        end_on_commit(EVERYTHING, using=using)


def shows(model: type[Model], fields: Collection[str] | None) -> bool:
    """Whether cached reads show one of these fields of a model; None means all."""
    shown = next(names for shown_model, names in SHOWN.items() if issubclass(model, shown_model))
    return fields is None or not shown.isdisjoint(fields)


def end_listed(pages: QuerySet[Page], using: str) -> None:
    """End what depends on the pages that are these after the commit."""
    end_on_commit(lister=partial(names_of, pages), using=using)


def end_pages_of(tag: Tag | Page, using: str) -> None:
    """End what depends on the pages that a tag has now, and will have no longer.

    The lock keeps others from giving it to one more meanwhile.
    """
    Tag.objects.using(using).filter(pk=tag.pk).select_for_update().values_list("pk").first()
    keys = Page.objects.using(using).filter(tags=tag.pk).order_by().values_list("pk", flat=True)
    end_listed(Page.objects.using(using).filter(pk__in=list(keys[: MOST_NAMED + 1])), using)


def names_in(page: Page) -> list[str]:
    """What depends on a page that is being saved, by what it will be. A column that is not loaded is not saved."""
    slug, published_at = vars(page).get("slug"), vars(page).get("published_at")
    if slug is None:
        return [LISTS] if published_at else []
    # An expression is known to the database alone.
    return [page_name(slug) if isinstance(slug, str) else EVERYTHING, *([LISTS] if published_at else [])]


def names_of(pages: QuerySet[Page]) -> set[str]:
    """What depends on these pages: each by itself, and the lists, if they show one of them or will."""
    rows = list(pages.order_by().values_list("slug", "published_at")[: MOST_NAMED + 1])
    if len(rows) > MOST_NAMED:
        return {EVERYTHING}
    return {page_name(slug) for slug, _ in rows} | {LISTS for _, published_at in rows if published_at}
