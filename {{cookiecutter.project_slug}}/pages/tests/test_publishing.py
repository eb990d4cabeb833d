"""Publishing pages and taking them back."""

import pytest

from pages.models import Page
from pages.publishing import publish, unpublish

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Page:
    return Page.objects.create(title="News", slug="news")


def test_publishing_makes_a_draft_public(draft: Page) -> None:
    assert publish(draft)
    assert draft.is_published
    assert Page.objects.get().is_published


def test_publishing_a_public_page_changes_nothing(draft: Page) -> None:
    publish(draft)
    before = Page.objects.get().published_at
    assert not publish(draft)
    assert Page.objects.get().published_at == before


def test_publishing_trusts_the_database_not_a_stale_instance(draft: Page) -> None:
    stale = Page.objects.get()
    publish(draft)
    assert not publish(stale)
    assert stale.published_at == draft.published_at
    draft.delete()
    assert not publish(stale)
    assert not unpublish(stale)


def test_publishing_writes_no_other_field(draft: Page) -> None:
    draft.title = "Not saved yet"
    publish(draft)
    assert Page.objects.get().title == "News"


def test_unpublishing_makes_a_page_a_draft_again(draft: Page) -> None:
    publish(draft)
    assert unpublish(draft)
    assert Page.objects.get().published_at is None
    assert not unpublish(draft)
