"""Who sees which pages, and what their tags send."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db.models.signals import m2m_changed
from django.utils import timezone

from accounts.models import User
from pages.models import Page, PageTag, Tag
from testing.signals import Send

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages() -> dict[str, Page]:
    now = timezone.now()
    dates = {"draft": None, "due": now + timedelta(hours=1), "older": now - timedelta(days=1), "newer": now}
    return {slug: Page.objects.create(title=slug, slug=slug, published_at=date) for slug, date in dates.items()}


def test_published_pages_come_newest_first(pages: dict[str, Page]) -> None:
    assert list(Page.objects.published()) == [pages["newer"], pages["older"]]
    assert [slug for slug, page in pages.items() if page.is_published] == ["older", "newer"]


def test_only_staff_see_drafts(pages: dict[str, Page]) -> None:
    assert Page.objects.visible_to(User(is_staff=True)).count() == 4
    assert Page.objects.visible_to(User()).count() == 2
    assert Page.objects.visible_to(AnonymousUser()).count() == 2


def test_a_page_stays_when_its_author_leaves() -> None:
    author = User.objects.create_user("ada@example.com")
    page = Page.objects.create(title="News", slug="news", author=author)
    author.delete()
    page.refresh_from_db()
    assert page.author is None


def test_saving_and_deleting_a_page_tag_sends_m2m_changed(captured: Callable[..., list[Send]]) -> None:
    page = Page.objects.create(title="News", slug="news")
    tag = Tag.objects.create(name="Signals", slug="signals")
    sent = captured(m2m_changed, sender=PageTag)
    row = PageTag.objects.create(page=page, tag=tag)
    row.delete()
    assert [send.kwargs["action"] for send in sent] == ["pre_add", "post_add", "pre_remove", "post_remove"]
    assert all(send.kwargs["instance"] == page and send.kwargs["pk_set"] == {tag.pk} for send in sent)
