"""Fixtures for the tests of subscriptions."""

import pytest

from accounts.models import User
from pages.models import Page, Tag
from subscriptions.models import Subscription


@pytest.fixture
def author() -> User:
    return User.objects.create_user("ada@example.com", name="Ada")


@pytest.fixture
def tag() -> Tag:
    return Tag.objects.create(name="Signals", slug="signals")


@pytest.fixture
def draft(author: User, tag: Tag) -> Page:
    """A page by the author with the tag, that nobody was told of."""
    page = Page.objects.create(title="News", slug="news", body="First.\n\nSecond.", author=author)
    page.tags.add(tag)
    return page


@pytest.fixture
def reader(author: User, tag: Tag) -> User:
    """Somebody who follows both."""
    reader = User.objects.create_user("grace@example.com", name="Grace")
    Subscription.objects.create(user=reader, author=author)
    Subscription.objects.create(user=reader, tag=tag)
    return reader
