"""However a page becomes public, and however many publish or look at once, it is announced exactly once."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from core.signals import rows_written
from pages import publishing
from pages.models import Page
from proofs.subscriptions import announced, sent
from proofs.threads import run_at_once
from subscriptions import announcing, signals
from subscriptions.models import Announcement

pytestmark = pytest.mark.django_db

Told = Callable[[Callable[[], object]], list[tuple[str, str, bool | None]]]

PUBLISHED = [("published", "news", True)]
AGAIN = [("published", "news", False)]
UNPUBLISHED = [("unpublished", "news", None)]


@pytest.fixture(autouse=True)
def nothing_delivered(settings: Settings) -> Iterator[None]:
    """What is sent is noted in ``sent``."""
    settings.SIGNAL_DELIVERY = "proofs.subscriptions.Recorder"
    sent.clear()
    yield
    sent.clear()


@pytest.fixture
def page() -> Page:
    return Page.objects.create(title="News", slug="news")


@pytest.fixture
def told(delivered: Callable[[], AbstractContextManager[None]]) -> Told:
    """``told(act)``: what is announced when what ``act()`` does is committed."""

    def told(act: Callable[[], object]) -> list[tuple[str, str, bool | None]]:
        with delivered():
            act()
        return announced()

    return told


def saved(published_at: Any) -> None:
    """Save the page with this time."""
    page = Page.objects.get()
    page.published_at = published_at
    page.save()


def look_in_all_ways() -> None:
    """Do what leads to the announcing of whatever has changed; nothing has."""
    Page.objects.get(slug="news").save()
    Page.objects.update(published_at=F("published_at"))
    call_command("announce_pages")


UNUSUAL_WAYS: dict[str, Callable[[], object]] = {
    "save of a text": lambda: saved("2020-01-01T00:00:00Z"),
    "save of an expression": lambda: saved(Now()),
    "bulk_update": lambda: Page.objects.bulk_update(
        [Page(pk=Page.objects.get().pk, published_at=timezone.now())], ["published_at"]
    ),
}


class TestOnce:
    @pytest.mark.parametrize("way", UNUSUAL_WAYS)
    def test_published_in_an_unusual_way(self, page: Page, told: Told, way: str) -> None:
        assert told(UNUSUAL_WAYS[way]) == PUBLISHED
        assert told(look_in_all_ways) == []

    def test_each_time_in_one_transaction(self, page: Page, told: Told) -> None:
        def there_and_back() -> None:
            with transaction.atomic():
                saved(timezone.now())
                saved(None)

        assert told(there_and_back) == [*PUBLISHED, *UNPUBLISHED]

    def test_created_public(self, told: Told) -> None:
        new = Page(title="News", slug="news", published_at=timezone.now())
        assert told(new.save) == PUBLISHED
        more = [Page(title="More", slug="more", published_at=timezone.now())]
        assert told(lambda: Page.objects.bulk_create(more)) == [("published", "more", True)]

    @pytest.mark.django_db(databases=["default", "other"], transaction=True)
    def test_in_the_database_that_it_is_in(self, other_database: str) -> None:
        page = Page.objects.using(other_database).create(title="News", slug="news", published_at=timezone.now())
        Page.objects.using(other_database).update(published_at=None)
        call_command("announce_pages")
        assert [arguments["instance"]._state.db for _, arguments in sent] == [other_database] * 2
        page.delete()


class TestNever:
    def test_a_page_that_is_deleted(self, page: Page, told: Told) -> None:
        told(lambda: publishing.publish(page))
        assert told(page.delete) == []
        assert told(lambda: call_command("announce_pages")) == []
        assert not Announcement.objects.exists()


class TestTime:
    def test_or_whoever_saves_the_page_first(self, page: Page, told: Told) -> None:
        told(lambda: saved(timezone.now() + timedelta(seconds=0.3)))
        time.sleep(0.4)
        assert told(lambda: page.save(update_fields=["title"])) == []
        assert told(Page.objects.get().save) == PUBLISHED


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_of_many_who_publish_and_look_one_announces(self, page: Page) -> None:
        copies = [Page.objects.get() for _ in range(4)]
        looks = [partial(call_command, "announce_pages", verbosity=0)] * 4
        for _ in range(5):
            run_at_once(*[partial(publishing.publish, copy) for copy in copies], *looks)
            call_command("announce_pages")
            assert [kind for kind, *_ in announced()] == ["published"]
            run_at_once(*[partial(publishing.unpublish, copy) for copy in copies], *looks)
            call_command("announce_pages")
            assert announced() == UNPUBLISHED

    def test_of_many_who_look_one_announces_each_page(self) -> None:
        with connection.cursor() as cursor:
            Page.objects.bulk_create(Page(title=f"Page {n}", slug=f"page-{n}") for n in range(60))
            cursor.execute("UPDATE pages_page SET published_at = created_at")
        run_at_once(*[partial(call_command, "announce_pages")] * 8)
        call_command("announce_pages")
        assert sorted(slug for _, slug, _ in announced()) == sorted(f"page-{n}" for n in range(60))

    def test_writers_of_many_pages_do_not_wait_for_one_another(self) -> None:
        Page.objects.bulk_create(Page(title=f"Page {n}", slug=f"page-{n}") for n in range(40))

        def write(rest: int) -> None:
            with transaction.atomic():
                Page.objects.filter(pk__in=[page.pk for page in pages if page.pk % 8 == rest]).update(
                    published_at=timezone.now()
                )
                time.sleep(0.05)

        pages = list(Page.objects.all())
        run_at_once(*[partial(write, rest) for rest in range(8)])
        assert len(announced()) == 40


class TestCosts:
    @pytest.fixture(autouse=True)
    def alone(self, muted: Callable[..., None]) -> None:
        """Without the receivers of other apps."""
        for signal in (pre_save, post_save, rows_written):
            for receiver in signal._live_receivers(Page)[0]:
                if not receiver.__module__.startswith("subscriptions"):
                    muted(signal, receiver)

    @pytest.mark.parametrize("count", [1, 50])
    def test_of_a_batch(self, count: int, django_assert_num_queries: DjangoAssertNumQueries, muted: Any) -> None:
        muted(rows_written, signals.announce_written)
        Page.objects.bulk_create(
            Page(title=f"Page {n}", slug=f"page-{n}", published_at=timezone.now()) for n in range(count)
        )
        # The two looks; the locked rows, their state, the announcements, the pages.
        with transaction.atomic(), django_assert_num_queries(2 + 4 + 2):  # SAVEPOINT, RELEASE
            assert list(announcing.announce_changes("default")) == [count]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
def test_what_has_changed_is_looked_for_along_an_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        announcing.changed_pages("default")
    assert len(queries) == 2
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pages_page (title, slug, body, published_at, created_at, updated_at)"
            " SELECT n, n, repeat('x', 1500), now() - n * '1 day'::interval, now(), now()"
            " FROM generate_series(1, 2000) n"
        )
        cursor.execute("INSERT INTO subscriptions_announcement (page_id, published) SELECT id, true FROM pages_page")
        cursor.execute("ANALYZE pages_page; ANALYZE subscriptions_announcement")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        for query in queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            assert "pages_page_newest" in "\n".join(line for (line,) in cursor.fetchall())
