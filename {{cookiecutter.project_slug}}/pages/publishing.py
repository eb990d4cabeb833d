"""Publishing: the one way in which views, the admin and commands make pages public or take them back."""

from django.db import transaction
from django.utils import timezone

from pages.models import Page


def publish(page: Page) -> bool:
    """Make ``page`` public now. Return whether it was not, before.

    Of several callers at the same time exactly one gets True: each looks at the row that it has locked, not at the
    ``page`` in its hand, which is brought up to date.
    """
    with transaction.atomic(using=page._state.db):
        if _lock(page).is_published:
            return False
        page.published_at = timezone.now()
        page.save(update_fields=["published_at", "updated_at"])
        return True


def unpublish(page: Page) -> bool:
    """Make ``page`` a draft again. Return whether it was public, or due to become so, before."""
    with transaction.atomic(using=page._state.db):
        if _lock(page).published_at is None:
            return False
        page.published_at = None
        page.save(update_fields=["published_at", "updated_at"])
        return True


def _lock(page: Page) -> Page:
    """Reread ``page`` and keep others from changing it until the transaction ends."""
    page.refresh_from_db(fields=["published_at"], from_queryset=Page.objects.using(page._state.db).select_for_update())
    return page
