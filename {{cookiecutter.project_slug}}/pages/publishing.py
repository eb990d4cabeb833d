"""Publishing and taking back: what views and the admin's actions call.

A page whose ``published_at`` lies in the future, set where it is written, becomes public by itself.
"""

from django.db import router, transaction
from django.utils import timezone

from pages.models import Page


def publish(page: Page) -> bool:
    """Make ``page`` public now. Return whether that changed anything; it does not where the page is gone.

    Of several callers at the same time exactly one gets True: each looks at the row that it has locked, not at the
    ``page`` in its hand, which is brought up to date.
    """
    using = router.db_for_write(Page, instance=page)
    with transaction.atomic(using=using):
        if not _lock(page, using) or page.is_published:
            return False
        page.published_at = timezone.now()
        page.save(update_fields=["published_at", "updated_at"])
        return True


def unpublish(page: Page) -> bool:
    """Make ``page`` a draft again, also one that is due. Return whether that changed anything."""
    using = router.db_for_write(Page, instance=page)
    with transaction.atomic(using=using):
        if not _lock(page, using) or page.published_at is None:
            return False
        page.published_at = None
        page.save(update_fields=["published_at", "updated_at"])
        return True


def _lock(page: Page, using: str) -> bool:
    """Keep others from changing ``page`` until the transaction ends, and reread it. Return whether it is there."""
    locked = Page.objects.using(using).select_for_update().filter(pk=page.pk).values("published_at").first()
    if locked:
        page.published_at = locked["published_at"]
    return locked is not None
