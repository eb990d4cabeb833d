"""Fixtures for the tests of subscriptions: a draft by Ada with a tag, and Grace, who follows both."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from accounts.models import User
from pages import publishing
from pages.models import Page, Tag
from subscriptions.models import Subscription


@pytest.fixture
def tag(db: None) -> Tag:
    return Tag.objects.create(name="Signals", slug="signals")


@pytest.fixture
def draft(tag: Tag) -> Page:
    author = User.objects.create_user("ada@example.com", name="Ada")
    page = Page.objects.create(title="News", slug="news", body="Something has happened.", author=author)
    page.tags.add(tag)
    return page


@pytest.fixture
def page(draft: Page, delivered: Callable[[], AbstractContextManager[None]]) -> Page:
    """The same, published before anybody followed it."""
    with delivered():
        publishing.publish(draft)
    return draft


@pytest.fixture
def reader(draft: Page, tag: Tag) -> User:
    reader = User.objects.create_user("grace@example.com", name="Grace")
    Subscription.objects.create(user=reader, author=draft.author)
    Subscription.objects.create(user=reader, tag=tag)
    return reader
