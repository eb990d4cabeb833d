"""Which pages there are for whom."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.serializers import serialize
from django.utils import timezone

from accounts.models import User
from pages.models import Page, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages() -> dict[str, Page]:
    now = timezone.now()
    dates = {"draft": None, "due": now + timedelta(hours=1), "older": now - timedelta(days=1), "newer": now}
    return {slug: Page.objects.create(title=slug, slug=slug, published_at=date) for slug, date in dates.items()}


def test_published_pages_come_newest_first(pages: dict[str, Page]) -> None:
    assert list(Page.objects.published()) == [pages["newer"], pages["older"]]


def test_a_page_knows_whether_it_is_published(pages: dict[str, Page]) -> None:
    published = {slug: page.is_published for slug, page in pages.items()}
    assert published == {"draft": False, "due": False, "older": True, "newer": True}


def test_staff_see_drafts_others_do_not(pages: dict[str, Page]) -> None:
    assert Page.objects.visible_to(User(is_staff=True)).count() == 4
    assert Page.objects.visible_to(User()).count() == 2
    assert Page.objects.visible_to(AnonymousUser()).count() == 2


def test_a_page_stays_when_its_author_leaves() -> None:
    author = User.objects.create_user("ada@example.com")
    page = Page.objects.create(title="Stays", slug="stays", author=author)
    author.delete()
    page.refresh_from_db()
    assert page.author is None


def test_pages_and_tags_go_by_their_names() -> None:
    assert str(Page(title="News")) == "News"
    assert str(Tag(name="Signals")) == "Signals"


def test_tags_are_part_of_a_page_in_fixtures() -> None:
    page = Page.objects.create(title="News", slug="news")
    page.tags.add(tag := Tag.objects.create(name="a", slug="a"))
    (row,) = json.loads(serialize("json", [page]))
    assert row["fields"]["tags"] == [tag.pk]
    assert Page.tags.through not in apps.get_models()  # which dumpdata would write once more
