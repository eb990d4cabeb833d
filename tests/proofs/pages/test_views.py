"""A list costs three or four queries, a page two, and a list answers any page number."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from pages.models import Page, Tag
from pages.reads import PAGES_PER_LIST

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> User:
    user = User.objects.create_user("grace@example.com", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    return user


@pytest.fixture
def pages() -> list[Page]:
    """More published pages than fit one list, each with an author and two tags, the newest first; and a draft."""
    author = User.objects.create_user("ada@example.com", name="Ada")
    tags = [Tag.objects.create(name=name, slug=name.lower()) for name in ("Signals", "Django")]
    now = timezone.now()
    pages = [
        Page.objects.create(title=f"Page {n}", slug=f"page-{n}", author=author, published_at=now - timedelta(days=n))
        for n in range(PAGES_PER_LIST + 2)
    ]
    for page in pages:
        page.tags.set(tags)
    Page.objects.create(title="Secret plans", slug="draft", body="Not yet.").tags.set(tags)
    return pages


class TestLists:
    def test_say_since_when_pages_are_published_as_html_has_it(self, client: Client, pages: list[Page]) -> None:
        times = re.findall(r'<time datetime="(.*?)">', client.get("/").text)
        assert times == [
            f"{timezone.localtime(page.published_at):%Y-%m-%dT%H:%M:%S%z}" for page in pages[:PAGES_PER_LIST]
        ]

    @pytest.mark.parametrize("number", ["0", "-1", "99", "x", "1e9", "9" * 50])
    def test_take_any_page_number(self, client: Client, pages: list[Page], number: str) -> None:
        assert client.get("/", {"page": number}).status_code == 200

    @pytest.mark.parametrize(("url", "queries"), [("/", 3), ("/tags/signals/", 4)])
    def test_cost_no_query_for_each_page(
        self,
        client: Client,
        pages: list[Page],
        url: str,
        queries: int,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        with django_assert_num_queries(queries):  # (the tag,) the count, the pages with authors, their tags
            client.get(url)


class TestPage:
    def test_costs_two_queries(
        self, client: Client, pages: list[Page], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(2):  # the page with its author, its tags
            client.get(pages[0].get_absolute_url())

    def test_that_is_a_draft_is_found_by_staff_alone(self, client: Client, pages: list[Page], editor: User) -> None:
        assert client.get("/pages/draft/").status_code == 404
        client.force_login(User.objects.get(email="ada@example.com"))
        assert client.get("/pages/draft/").status_code == 404
        client.force_login(editor)
        response = client.get("/pages/draft/")
        assert response.status_code == 200
        assert "Draft" in response.text


class TestPublishing:
    @pytest.mark.parametrize("action", ["publish", "unpublish"])
    def test_takes_permission_and_a_post(self, client: Client, pages: list[Page], editor: User, action: str) -> None:
        url = reverse(f"pages:{action}", args=["draft"])
        assert client.post(url).status_code == 403
        client.force_login(User.objects.get(email="ada@example.com"))
        assert client.post(url).status_code == 403
        User.objects.filter(pk=editor.pk).update(is_staff=False)
        client.force_login(editor)
        assert client.post(url).status_code == 403
        User.objects.filter(pk=editor.pk).update(is_staff=True)
        assert client.get(url).status_code == 405
        assert client.post(reverse(f"pages:{action}", args=["nothing"])).status_code == 404
