"""Publishing: once for each time that a page becomes public."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db.models.signals import post_save, pre_save
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pages.models import Page
from pages.publishing import publish, unpublish
from proofs.threads import run_at_once


@pytest.fixture
def page() -> Page:
    return Page.objects.create(title="News", slug="news")


@pytest.mark.django_db
class TestPublish:
    def test_makes_a_draft_public(self, page: Page) -> None:
        assert publish(page)
        assert page.is_published
        page.refresh_from_db()
        assert page.is_published

    def test_leaves_a_public_page_as_it_is(self, page: Page) -> None:
        publish(page)
        before = page.published_at
        assert not publish(page)
        page.refresh_from_db()
        assert page.published_at == before

    def test_brings_a_due_page_forward(self, page: Page) -> None:
        page.published_at = timezone.now() + timedelta(days=1)
        page.save()
        assert publish(page)
        assert page.is_published

    def test_believes_the_database_not_the_object_in_hand(self, page: Page) -> None:
        stale = Page.objects.get()
        publish(page)
        assert not publish(stale)
        assert stale.published_at == page.published_at

    def test_leaves_a_page_alone_that_is_gone(self, page: Page) -> None:
        stale = Page.objects.get()
        page.delete()
        assert not publish(stale)
        assert not unpublish(stale)
        assert not Page.objects.exists()

    def test_writes_no_other_field(self, page: Page) -> None:
        page.title = "Not saved yet"
        publish(page)
        assert Page.objects.get().title == "News"

    def test_costs_one_read_and_one_write(
        self, page: Page, django_assert_num_queries: DjangoAssertNumQueries, muted: Callable[..., None]
    ) -> None:
        muted(pre_save)  # receivers of other apps
        muted(post_save)
        with django_assert_num_queries(4):  # SAVEPOINT, SELECT, UPDATE, RELEASE
            publish(page)


@pytest.mark.django_db
class TestUnpublish:
    def test_makes_a_public_page_a_draft(self, page: Page) -> None:
        publish(page)
        assert unpublish(page)
        assert Page.objects.get().published_at is None

    def test_leaves_a_draft_as_it_is(self, page: Page) -> None:
        assert not unpublish(page)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_publishes() -> None:
    Page.objects.create(title="News", slug="news")
    copies = [Page.objects.get() for _ in range(8)]
    results = run_at_once(*[partial(publish, page) for page in copies])
    assert sorted(results) == [False] * 7 + [True]
