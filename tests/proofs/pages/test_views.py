"""Reading pages; and publishing them, for staff."""

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


@pytest.fixture
def editor() -> User:
    user = User.objects.create_user("grace@example.com", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_page"))
    return user


class TestLists:
    @pytest.mark.parametrize("url", ["/", "/tags/signals/"])
    def test_show_the_newest_pages_and_the_way_to_older_ones(self, client: Client, pages: list[Page], url: str) -> None:
        response = client.get(url)
        assert response.context["part"].pages == pages[:PAGES_PER_LIST]
        assert 'href="?page=2"' in response.text
        assert client.get(url, {"page": 2}).context["part"].pages == pages[PAGES_PER_LIST:]

    def test_say_since_when_pages_are_published_as_html_has_it(self, client: Client, pages: list[Page]) -> None:
        times = re.findall(r'<time datetime="(.*?)">', client.get("/").text)
        assert times == [
            f"{timezone.localtime(page.published_at):%Y-%m-%dT%H:%M:%S%z}" for page in pages[:PAGES_PER_LIST]
        ]

    @pytest.mark.parametrize("number", ["0", "-1", "99", "x", "1e9", "9" * 50])
    def test_take_any_page_number(self, client: Client, pages: list[Page], number: str) -> None:
        assert client.get("/", {"page": number}).status_code == 200

    @pytest.mark.parametrize("url", ["/", "/tags/signals/"])
    def test_keep_drafts_to_themselves(self, client: Client, pages: list[Page], url: str) -> None:
        assert "Secret plans" not in client.get(url).text + client.get(url, {"page": 2}).text

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

    def test_of_an_empty_site_say_so(self, client: Client) -> None:
        assert "No page has been published yet." in client.get("/").text

    def test_of_an_unknown_tag_is_not_found(self, client: Client) -> None:
        assert client.get("/tags/nothing/").status_code == 404


class TestPage:
    def test_shows_its_text_author_and_tags(self, client: Client, pages: list[Page]) -> None:
        pages[0].body = "First.\n\n<script>alert(1)</script>"
        pages[0].save()
        text = client.get(pages[0].get_absolute_url()).text
        assert "<p>First.</p>" in text
        assert "&lt;script&gt;" in text
        assert "by Ada" in text
        assert 'href="/tags/signals/"' in text

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
    def test_by_button(self, client: Client, pages: list[Page], editor: User) -> None:
        client.force_login(editor)
        assert 'action="/pages/draft/publish/"' in client.get("/pages/draft/").text
        response = client.post("/pages/draft/publish/", follow=True)
        assert "The page is published." in response.text
        assert Page.objects.get(slug="draft").is_published
        assert 'action="/pages/draft/unpublish/"' in response.text
        client.post("/pages/draft/unpublish/")
        assert not Page.objects.get(slug="draft").is_published

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
