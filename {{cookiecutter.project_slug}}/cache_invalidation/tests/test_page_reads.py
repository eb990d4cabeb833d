"""Visitors read pages from the cache, and see each change as soon as it is committed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from cache_invalidation.page_reads import CachedPageReads, until_next_due
from pages import publishing
from pages.models import Page

Committed = Callable[[], AbstractContextManager[None]]


@pytest.mark.parametrize("url", ["/", "/tags/signals/", "/pages/about/"])
def test_a_cached_page_costs_no_query(client: Client, about: Page, url: str) -> None:
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert "About" in client.get(url).text
    assert [query["sql"] for query in queries if "pages_" in query["sql"]] == []


def test_a_missing_page_is_cached_until_it_is_created(
    about: Page, committed: Committed, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert CachedPageReads().page("news") is None
    with django_assert_num_queries(0):
        assert CachedPageReads().page("news") is None
    with committed():
        Page.objects.create(title="News", slug="news", published_at=timezone.now())
    assert CachedPageReads().page("news") is not None


def test_a_saved_page_is_shown_at_once(client: Client, about: Page, committed: Committed) -> None:
    client.get("/pages/about/")
    client.get("/")
    with committed():
        about.title = "All about us"
        about.save()
    assert "All about us" in client.get("/pages/about/").text
    assert "All about us" in client.get("/").text


def test_a_page_that_is_taken_back_is_gone_at_once(client: Client, about: Page, committed: Committed) -> None:
    assert client.get("/pages/about/").status_code == 200
    with committed():
        publishing.unpublish(about)
    assert client.get("/pages/about/").status_code == 404


def test_what_is_cached_expires_when_the_next_page_is_due(about: Page, settings: Settings) -> None:
    assert until_next_due() == settings.CACHED_PAGE_SECONDS
    Page.objects.create(title="Soon", slug="soon", published_at=timezone.now() + timedelta(seconds=60))
    assert until_next_due() == pytest.approx(60, abs=10)


def test_in_debug_a_header_says_what_came_from_the_cache(client: Client, about: Page, settings: Settings) -> None:
    settings.DEBUG = True
    assert client.get("/pages/about/").headers["X-Cache"] == "miss"
    assert client.get("/pages/about/").headers["X-Cache"] == "hit"
    settings.DEBUG = False
    assert "X-Cache" not in client.get("/pages/about/").headers
