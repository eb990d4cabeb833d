"""What it costs that a page has 50,000 followers, and that it is announced: uv run benchmarks/subscribers.py

Finding them, in seconds, and the most memory that it takes, beside finding 1,000; and saving a page, as ratios to a
save without the receivers of subscriptions.
"""

import os
import statistics
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from sites import in_each_database, size

READERS = size(50_000, 2_000)
ROUNDS = size(100, 5)


def published(slug: str, tag: Any) -> Any:
    """A new page with a tag, published, of which nobody was told yet."""
    from django.db import transaction
    from django.utils import timezone

    from pages.models import Page
    from pages.signals import page_published
    from testing.signals import muted

    with muted(page_published), transaction.atomic():
        page = Page.objects.create(title=slug, slug=slug, published_at=timezone.now())
        page.tags.add(tag)
    return page


def find(count: int) -> None:
    """Find so many readers, who follow a tag; print how long it takes and what memory."""
    from django.db import connection

    from accounts.models import User
    from pages.models import Tag
    from subscriptions import signals
    from subscriptions.models import Subscription
    from testing.signals import muted

    tag = Tag.objects.create(name=f"{count}", slug=f"{count}")
    for start in range(0, count, 10_000):
        size = min(10_000, count - start)
        users = User.objects.bulk_create(User(email=f"{count}-{start + n}@example.com") for n in range(size))
        Subscription.objects.bulk_create(Subscription(user=user, tag=tag) for user in users)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a database does by itself
    batches = 0

    def count_batches(**kwargs: Any) -> None:
        nonlocal batches
        batches += 1

    signals.readers_found.connect(count_batches)
    with muted(signals.readers_found, signals.mail_readers):
        page = published(f"for-{count}", tag)
        begun = time.perf_counter()
        signals.find_readers(page, using="default")
        took = time.perf_counter() - begun
        assert batches == count / 200
        page = published(f"again-for-{count}", tag)
        tracemalloc.start()  # makes it slower
        signals.find_readers(page, using="default")
        memory = tracemalloc.get_traced_memory()[1] / 2**10
        tracemalloc.stop()
    signals.readers_found.disconnect(count_batches)
    print(f"  {count:7} readers: {took:6.2f} s  peak memory {memory:.0f} KiB")


def save() -> None:
    """Print what saving costs with the receivers, beside without."""
    from django.db import transaction
    from django.db.models.signals import post_save
    from django.utils import timezone

    from pages.models import Page
    from pages.signals import page_published, page_unpublished
    from subscriptions import signals
    from testing.signals import muted

    page = Page.objects.create(title="Saved", slug="saved")

    def edit() -> None:
        page.title += "."
        page.title = page.title[-100:]
        page.save()

    def publish() -> None:
        page.published_at = None if page.published_at else timezone.now()
        page.save()

    def took(act: Callable[[], None]) -> float:
        begun = time.perf_counter()
        with transaction.atomic():
            act()
            return time.perf_counter() - begun  # without the commit, the same for both

    for name, act in (("an ordinary edit", edit), ("publishing, and taking back", publish)):
        ours, bare = [], []
        with muted(page_published), muted(page_unpublished):
            for _ in range(ROUNDS):  # in turns, so that both see the same machine
                ours.append(took(act))
                with muted(post_save, signals.announce_saved):
                    bare.append(took(act))
                    if act is publish:  # back, so that ours always has something to announce
                        act()
        print(f"  {name}: {statistics.median(ours) / statistics.median(bare):.2f} x a save without")


def measure() -> None:
    """Run in a site."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    find(1_000)
    find(READERS)
    save()


if __name__ == "__main__":
    measure() if "IN_SITE" in os.environ else in_each_database(__file__)
