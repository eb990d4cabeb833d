"""Reading pages, and the buttons that publish them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pages.models import Page, Tag
from pages.reads import PageReads

pytestmark = pytest.mark.django_db

LISTS = pytest.mark.parametrize("url", [reverse("pages:home"), reverse("pages:tag", args=["signals"])])


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[Page]:
    """More published pages than a list shows, the newest first; and a draft."""
    monkeypatch.setattr("pages.reads.PAGES_PER_LIST", 2)
    ada = User.objects.create_user("ada@example.com", name="Ada")
    dates = [timezone.now() - timedelta(days=n) for n in range(3)]
    pages = [
        Page.objects.create(title=f"Page {n}", slug=f"page-{n}", body="<script>", author=ada, published_at=date)
        for n, date in enumerate([*dates, None])
    ]
    Tag.objects.create(name="Signals", slug="signals").page_set.set(pages)
    return pages


@LISTS
def test_a_list_shows_the_newest_pages_and_links_to_older_ones(client: Client, pages: list[Page], url: str) -> None:
    response = client.get(url)
    assert response.context["part"].pages == pages[:2]
    assert 'href="?page=2"' in response.text
    assert client.get(url, {"page": 2}).context["part"].pages == [pages[2]]  # not the draft


def test_a_list_costs_the_same_queries_for_any_number_of_pages(pages: list[Page]) -> None:
    def read(number: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            for page in PageReads().newest(number).pages:
                assert (str(page.author), str(page.tags.all()[0])) == ("Ada", "Signals")
        return len(queries)

    assert read(1) == read(2)  # two pages and one


def test_a_page_shows_its_text_author_and_tags(client: Client, pages: list[Page]) -> None:
    text = client.get(pages[0].get_absolute_url()).text
    assert "&lt;script&gt;" in text
    assert "by Ada" in text
    assert f'href="{reverse("pages:tag", args=["signals"])}"' in text


def test_an_unknown_page_or_tag_is_not_found(client: Client) -> None:
    assert client.get(reverse("pages:page", args=["nothing"])).status_code == 404
    assert client.get(reverse("pages:tag", args=["nothing"])).status_code == 404


def test_only_staff_find_a_draft(client: Client, pages: list[Page], staff: Callable[..., Client]) -> None:
    draft = pages[-1].get_absolute_url()
    assert client.get(draft).status_code == 404
    assert "Draft" in staff().get(draft).text


def test_an_editor_publishes_and_unpublishes(pages: list[Page], staff: Callable[..., Client]) -> None:
    editor, draft = staff("change_page"), pages[-1]
    publish, unpublish = (reverse(f"pages:{action}", args=[draft.slug]) for action in ("publish", "unpublish"))
    assert f'action="{publish}"' in editor.get(draft.get_absolute_url()).text
    assert f'action="{unpublish}"' in editor.post(publish, follow=True).text
    assert draft in Page.objects.published()
    editor.post(unpublish)
    assert draft not in Page.objects.published()


def test_publishing_needs_the_permission(pages: list[Page], staff: Callable[..., Client]) -> None:
    publish = reverse("pages:publish", args=[pages[-1].slug])
    assert staff("view_page").post(publish).status_code == 403
    assert pages[-1] not in Page.objects.published()
