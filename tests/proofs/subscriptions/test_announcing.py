"""However a page becomes public, and however many publish or look at once, it is announced exactly once."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.db.models.signals import post_save, pre_save
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
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


def by_action(client: Client, name: str) -> None:
    """Choose an action of the admin for the page."""
    url = reverse("admin:pages_page_changelist")
    editor(client).post(url, {"action": name, "_selected_action": [Page.objects.get().pk]})


def editor(client: Client) -> Client:
    """A client of somebody who may publish."""
    user, _ = User.objects.get_or_create(email="editor@example.com", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    client.force_login(user)
    return client


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


WAYS_BACK: dict[str, Callable[[Client], object]] = {
    "unpublish": lambda client: publishing.unpublish(Page.objects.get()),
    "view": lambda client: editor(client).post("/pages/news/unpublish/"),
    "admin action": lambda client: by_action(client, "unpublish"),
    "save": lambda client: saved(None),
    "save of a later time": lambda client: saved(timezone.now() + timedelta(days=1)),
    "update": lambda client: Page.objects.update(published_at=None),
}

BY_STAFF: dict[str, Callable[[Client], object]] = {
    "view": lambda client: editor(client).post("/pages/news/publish/"),
    "admin action": lambda client: by_action(client, "publish"),
}


class TestOnce:
    @pytest.mark.parametrize("way", UNUSUAL_WAYS)
    def test_published_in_an_unusual_way(self, page: Page, told: Told, way: str) -> None:
        assert told(UNUSUAL_WAYS[way]) == PUBLISHED
        assert told(look_in_all_ways) == []

    @pytest.mark.parametrize("way", BY_STAFF)
    def test_published_by_staff(self, page: Page, client: Client, told: Told, way: str) -> None:
        assert told(lambda: BY_STAFF[way](client)) == PUBLISHED
        assert told(look_in_all_ways) == []

    @pytest.mark.parametrize("write", [saved, lambda published_at: Page.objects.update(published_at=published_at)])
    def test_each_time_in_one_transaction(self, page: Page, told: Told, write: Callable[[Any], object]) -> None:
        def there_and_back() -> None:
            with transaction.atomic():
                write(timezone.now())
                write(None)

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

    @pytest.mark.parametrize("way", WAYS_BACK)
    def test_unpublished(self, page: Page, client: Client, told: Told, way: str) -> None:
        told(lambda: publishing.publish(page))
        assert told(lambda: WAYS_BACK[way](client)) == UNPUBLISHED
        assert told(look_in_all_ways) == []

    def test_each_time(self, page: Page, told: Told) -> None:
        for expected in (PUBLISHED, AGAIN, AGAIN):
            assert told(lambda: publishing.publish(page)) == expected
            assert told(lambda: publishing.unpublish(page)) == UNPUBLISHED

    def test_with_the_page_as_it_was_written(self, page: Page, delivered: Callable[..., Any]) -> None:
        with delivered():
            page.published_at = timezone.now()
            page.save()
            page.title = "Not saved"
        ((_, arguments),) = sent
        assert type(arguments["instance"]) is Page
        assert arguments["instance"].title == "News"


class TestNever:
    def test_a_page_that_is_deleted(self, page: Page, told: Told) -> None:
        told(lambda: publishing.publish(page))
        assert told(page.delete) == []
        assert told(lambda: call_command("announce_pages")) == []
        assert not Announcement.objects.exists()

    def test_drafts_and_pages_that_are_due_later(self, page: Page, told: Told) -> None:
        assert told(page.save) == []
        assert told(lambda: saved(timezone.now() + timedelta(days=1))) == []
        assert told(lambda: Page.objects.bulk_create([Page(title="More", slug="more")])) == []
        assert told(look_in_all_ways) == []

    def test_after_a_rollback(self, page: Page, told: Told) -> None:
        def fail(act: Callable[[], object]) -> None:
            with pytest.raises(RuntimeError), transaction.atomic():
                act()
                raise RuntimeError

        assert told(lambda: fail(lambda: publishing.publish(Page.objects.get()))) == []
        assert told(lambda: fail(lambda: Page.objects.update(published_at=timezone.now()))) == []
        assert told(look_in_all_ways) == []
        assert told(lambda: publishing.publish(page)) == PUBLISHED


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

    @pytest.mark.parametrize(
        ("published", "more"),
        [(None, 0), ("2020-01-01T00:00:00Z", 3)],  # the state, the announcement, the page
    )
    def test_of_a_new_page(
        self, published: str | None, more: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with transaction.atomic(), django_assert_num_queries(1 + more):
            Page.objects.create(title="News", slug="news", published_at=published)

    @pytest.mark.parametrize(("fields", "more"), [({"title": "x"}, 0), ({"published_at": None}, 2)])
    def test_of_a_write_at_once(
        self, page: Page, fields: dict[str, Any], more: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with transaction.atomic(), django_assert_num_queries(1 + more):
            Page.objects.update(**fields)

    @pytest.mark.parametrize(("fields", "more"), [(None, 1), (["title"], 0), (["title", "published_at"], 1)])
    @pytest.mark.parametrize("public", [True, False])
    def test_of_an_edit(
        self,
        page: Page,
        public: bool,
        fields: list[str] | None,
        more: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        if public:
            publishing.publish(page)
        with transaction.atomic(), django_assert_num_queries(1 + more):
            page.save(update_fields=fields)


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
