"""Fixtures for the tests of activity_log."""

from decimal import Decimal

import pytest

from accounts.models import User
from activity_log.models import ActivityEntry
from testing.models import Category, Product


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada@example.com", "correct horse 9", name="Ada")


@pytest.fixture
def category(db: None) -> Category:
    return Category.objects.create(name="Lighting")


@pytest.fixture
def lamp(ada: User, category: Category) -> Product:
    """A product, and an empty log: every entry is the test's own."""
    lamp = Product.objects.create(name="Lamp", price=Decimal("9.50"))
    ActivityEntry.objects.all().delete()
    return lamp
