"""Readers are notified of a page once and never of one that is not public, however many deliveries race."""

from datetime import timedelta
from functools import partial

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.utils import timezone

from accounts.models import User
from notifications import followed_pages
from notifications.models import Notification, Preference
from pages.models import Page
from pages.publishing import publish, unpublish
from proofs.notifications import make_user, told
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Page:
    """A public page."""
    return Page.objects.create(title="News <1>", slug="news", body="x", published_at=timezone.now())


def note(page: Page, *readers: User) -> None:
    followed_pages.note_page(page, readers=[reader.pk for reader in readers], using="default")


class TestNotePage:
    @pytest.mark.parametrize("change", ["draft", "due", "deleted"])
    def test_tells_nothing_of_what_is_public_no_longer(self, page: Page, user: User, change: str) -> None:
        match change:
            case "draft":
                Page.objects.update(published_at=None)
            case "due":
                Page.objects.update(published_at=timezone.now() + timedelta(days=1))
            case "deleted":
                Page.objects.all().delete()
        note(page, user)
        assert not Notification.objects.exists()

    def test_costs_three_statements_for_any_number_of_readers(self, page: Page) -> None:
        readers = [make_user(f"Reader{number}") for number in range(50)]
        with CaptureQueriesContext(connection) as queries:
            note(page, *readers)
        statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(statements) == 3  # the page, the readers, the notifications
        assert Notification.objects.count() == 50

    @pytest.mark.django_db(transaction=True)
    def test_delivered_several_times_at_once_tells_each_once(self, page: Page) -> None:
        readers = [make_user(f"Reader{number}") for number in range(50)]
        run_at_once(
            partial(note, page, *readers), partial(note, page, *reversed(readers)), partial(note, page, *readers)
        )
        assert Notification.objects.count() == 50

    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database(self, other_database: str, page: Page) -> None:
        there = User.objects.db_manager(other_database).create_user("there@example.com")
        Page.objects.using(other_database).create(title="There", slug="x", pk=page.pk, published_at=timezone.now())
        followed_pages.note_page(page, readers=[there.pk], using=other_database)
        assert Notification.objects.using(other_database).get().text == "There"
        followed_pages.take_back(page, using=other_database)
        assert not Notification.objects.using(other_database).exists()

    def test_tells_nobody_who_does_not_want_it_is_inactive_or_gone(self, page: Page, user: User) -> None:
        Preference.objects.create(user=user, kind="page", channel="site")
        followed_pages.note_page(page, readers=[user.pk, make_user("Gone", is_active=False).pk, 10**9], using="default")
        assert not Notification.objects.exists()


class TestForgetPage:
    def test_that_comes_late_leaves_a_page_that_is_public_again(self, page: Page, user: User) -> None:
        unpublish(page)
        publish(page)
        note(page, user)
        followed_pages.forget_page(page, using="default")
        assert told(user) == ["News <1>"]

    @isolate_apps("pages")
    def test_takes_back_a_page_that_is_deleted_as_a_proxy(
        self, page: Page, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Article(Page):
            class Meta:
                app_label = "pages"
                proxy = True

        monkeypatch.setattr("core.wiring.apps.get_models", lambda: [Page, Article])
        apps.get_app_config("notifications").ready()
        note(page, user)
        try:
            Article.objects.get().delete()
        finally:
            post_delete.disconnect(sender=Article, dispatch_uid="notifications.followed_pages.take_back")
        assert told(user) == []

    @pytest.mark.django_db(transaction=True)
    def test_while_the_page_is_told_of_leaves_nothing(self, page: Page) -> None:
        readers = [make_user(f"Reader{number}") for number in range(20)]

        def take_back() -> None:
            unpublish(Page.objects.get())
            followed_pages.forget_page(page, using="default")

        for _ in range(5):
            publish(page)
            run_at_once(take_back, *[partial(note, page, reader) for reader in readers[:5]])
            assert not Notification.objects.exists()

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    def test_an_index_finds_them(self, page: Page) -> None:
        with CaptureQueriesContext(connection) as queries:
            followed_pages.take_back(page, "default")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {queries.captured_queries[-1]['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert "notification_unread_by_key" in plan

    def test_leaves_other_pages(self, page: Page, user: User) -> None:
        other = Page.objects.create(title="Other", slug="other", published_at=timezone.now())
        note(page, user)
        note(other, user)
        unpublish(page)
        followed_pages.forget_page(page, using="default")
        assert told(user) == ["Other"]

    @pytest.mark.parametrize("many", [True, False])
    def test_takes_back_a_page_that_is_deleted(self, page: Page, user: User, many: bool) -> None:
        note(page, user)
        deleted = Page.objects.all() if many else page
        deleted.delete()
        assert told(user) == []
