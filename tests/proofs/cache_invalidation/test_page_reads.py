"""A cached page costs one round trip, appears when it is due, and reveals nothing that visitors may not see."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from cache_invalidation import generations, page_reads
from pages.models import Page, Tag
from pages.reads import PAGES_PER_LIST

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("any_cache")]

URLS = ["/", "/tags/signals/", "/pages/about/"]


@pytest.mark.parametrize("url", URLS)
def test_a_hit_costs_no_query_and_one_round_trip(
    client: Client, about: Page, url: str, any_cache: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = client.get(url).text
    with django_assert_num_queries(0):
        assert client.get(url).text == first
    if any_cache == "redis":
        with commands() as sent:
            client.get(url)
        assert [command.split()[0] for command in sent] == ["MGET"]


def test_each_part_of_a_list_is_read_by_itself(client: Client, about: Page) -> None:
    Page.objects.bulk_create(
        Page(title=f"Page {n}", slug=f"page-{n}", published_at="2021-01-01T00:00:00Z") for n in range(PAGES_PER_LIST)
    )
    for page in Page.objects.all():
        page.tags.add(Tag.objects.get())
    for url in ("/", "/tags/signals/"):
        for _ in range(2):
            assert "/pages/about/" not in client.get(url).text
            assert "/pages/about/" in client.get(url, {"page": 2}).text


@pytest.mark.parametrize(
    "url", [f"/pages/{'x' * 5000}/", f"/tags/{'x' * 5000}/", "/?page=21", "/?page=9999", "/tags/signals/?page=21"]
)
def test_what_only_robots_ask_for_does_not_fill_the_cache(settings: Settings, client: Client, url: str) -> None:
    settings.DEBUG = True
    assert "X-Cache" not in client.get(url).headers


def test_the_home_page_can_be_kept_warm(
    client: Client,
    about: Page,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    monkeypatch.setattr(generations, "_kept_warm", {})
    settings.KEEP_HOME_WARM = True
    apps.get_app_config("cache_invalidation").ready()
    about.save()
    with django_assert_num_queries(0):
        assert "old" in client.get("/").text


@pytest.mark.parametrize("url", ["/", "/tags/signals/", "/pages/soon/"])
def test_a_page_appears_when_it_is_due(client: Client, about: Page, url: str) -> None:
    due = timezone.now() + timedelta(seconds=2)
    Page.objects.create(title="Later", slug="later", published_at=due + timedelta(seconds=60))
    Page.objects.create(title="Soon", slug="soon", published_at=due).tags.set(Tag.objects.all())
    assert "Soon" not in client.get(url).text
    wait_until(due)
    assert "Soon" in client.get(url).text


def test_no_password_lies_in_the_cache(client: Client, about: Page) -> None:
    for read in (page_reads.CachedPageReads().newest(1).pages[0], page_reads.CachedPageReads().page("about")):
        assert read is not None
        assert read.author is not None
        assert read.author.get_deferred_fields() >= {"password", "email"}


def test_what_nobody_has_told_of_is_seen_in_the_end(client: Client, about: Page, settings: Settings) -> None:
    settings.CACHED_PAGE_SECONDS = 2
    assert "old" in client.get("/pages/about/").text
    with connection.cursor() as cursor:  # as another process, whose cache is another one
        cursor.execute("UPDATE pages_page SET title = 'new'")
    assert "old" in client.get("/pages/about/").text
    time.sleep(2.1)
    assert "new" in client.get("/pages/about/").text


@contextmanager
def commands() -> Iterator[list[str]]:
    """What Redis was asked for this test's keys, as it tells itself."""
    backend = caches["default"]
    assert isinstance(backend, RedisCache)
    asked: list[str] = []
    server: Any = backend._cache.get_client()
    with server.monitor() as monitor:
        yield asked
        cache.get("last")
        for heard in monitor.listen():
            if "last" in heard["command"]:
                break
            if backend.key_prefix in heard["command"]:
                asked.append(heard["command"])


def wait_until(moment: datetime) -> None:
    """Wait until a moment has passed."""
    while timezone.now() <= moment:
        time.sleep(0.05)


@pytest.mark.parametrize(("url", "queries"), [("/", 4), ("/tags/signals/", 5), ("/pages/about/", 3)])
def test_a_miss_costs_one_query_more_than_no_cache(
    client: Client, about: Page, url: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(queries):  # what is due next, and what pages/tests/test_views.py says
        client.get(url)


@pytest.mark.parametrize("url", ["/tags/none/", "/pages/none/"])
def test_what_is_not_there_is_not_looked_for_again(
    client: Client, about: Page, url: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert client.get(url).status_code == 404
    with django_assert_num_queries(0):
        assert client.get(url).status_code == 404


def test_staff_read_the_database(client: Client, about: Page, settings: Settings) -> None:
    settings.DEBUG = True
    client.get("/pages/about/")
    client.force_login(User.objects.create_user("grace@example.com", is_staff=True))
    assert "X-Cache" not in client.get("/pages/about/").headers


def test_values_are_nobodys_to_change(about: Page) -> None:
    reads = page_reads.CachedPageReads()
    reads.newest(1).pages.clear()
    assert reads.newest(1).pages == [about]
