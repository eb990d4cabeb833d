"""Of many who publish a page at once exactly one does, with one read and one write."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db.models.signals import post_save, pre_save
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pages.models import Page
from pages.publishing import publish
from proofs.threads import run_at_once


@pytest.fixture
def page() -> Page:
    return Page.objects.create(title="News", slug="news")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_publishes() -> None:
    Page.objects.create(title="News", slug="news")
    copies = [Page.objects.get() for _ in range(8)]
    results = run_at_once(*[partial(publish, page) for page in copies])
    assert sorted(results) == [False] * 7 + [True]


@pytest.mark.django_db
def test_publishing_costs_one_read_and_one_write(
    django_assert_num_queries: DjangoAssertNumQueries, muted: Callable[..., None]
) -> None:
    page = Page.objects.create(title="News", slug="news")
    muted(pre_save)  # receivers of other apps
    muted(post_save)
    with django_assert_num_queries(4):  # SAVEPOINT, SELECT, UPDATE, RELEASE
        publish(page)


@pytest.mark.django_db
class TestPublish:
    def test_brings_a_due_page_forward(self, page: Page) -> None:
        page.published_at = timezone.now() + timedelta(days=1)
        page.save()
        assert publish(page)
        assert page.is_published
