"""Announces pages that become public or no longer are, and sees to it that those hear of it who follow them."""

from collections import deque
from collections.abc import Collection
from typing import Any

from django.dispatch import Signal

from core.background import run_for_request
from core.dispatch import outside_transaction, send_on_commit
from pages.models import Page
from subscriptions import announcing, following, mailing
from subscriptions.models import Subscription

# Sent when a page was published and some were found who follow its author or one of its tags: several times, each with
# as many as following.BATCH_SIZE of them and nobody twice; all of them again, if the page is soon taken back and
# published again. The sender is Subscription. Arguments: instance, the page; readers, the keys of active users; using.
readers_found = Signal()


def announce_saved(
    instance: Page, *, created: bool, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Announce a page that the save has made public, or no longer public: in its transaction, which has locked the row.

    ``raw``: a fixture may bring its announcements itself, and ``announce_pages`` finds what it does not bring.
    """
    new_draft = created and instance.published_at is None
    if not raw and not new_draft and (update_fields is None or "published_at" in update_fields):
        announcing.announce([instance.pk], using)


def announce_written(*, fields: frozenset[str], using: str, **kwargs: Any) -> None:
    """Announce pages that were written at once. Which ones they were is not told: all are looked at."""
    if "published_at" in fields:
        deque(announcing.announce_changes(using), maxlen=0)  # to the end, keeping nothing


def find_readers(instance: Page, *, using: str, **kwargs: Any) -> None:
    """Find those who follow the page, batch by batch: the memory that it takes does not grow with their number.

    Where receivers are called in the request, what they do with so many must not hold it.
    """

    def find() -> None:
        for readers in following.readers_to_tell(instance, using):
            send_on_commit(readers_found, Subscription, instance=instance, readers=readers, using=using)

    run_for_request(find)


@outside_transaction
def mail_readers(instance: Page, *, readers: list[int], using: str, **kwargs: Any) -> None:
    """Send these readers the mail that tells of the page: to those who want mail, once."""
    mailing.mail_readers(instance, readers, using)
