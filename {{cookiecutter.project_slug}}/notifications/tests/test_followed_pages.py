"""Readers are notified of pages that they follow, as long as these are public."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.dispatch import send_on_commit
from notifications.models import Notification
from pages.models import Page
from pages.publishing import unpublish
from subscriptions.models import Subscription
from subscriptions.signals import readers_found

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(db: None) -> Page:
    return Page.objects.create(title="News", slug="news", published_at=timezone.now())


@pytest.fixture
def tell(delivered: Callable[..., Any]) -> Callable[..., None]:
    """``tell(page, user)``: ``user`` is found to follow ``page``."""

    def tell(page: Page, user: User) -> None:
        with delivered():
            send_on_commit(readers_found, Subscription, instance=page, readers=[user.pk])

    return tell


def test_a_reader_is_notified_of_a_page_once(page: Page, user: User, tell: Callable[..., None]) -> None:
    tell(page, user)
    tell(page, user)

    notification = Notification.objects.get()
    assert (notification.user, notification.text, notification.url) == (user, "News", page.get_absolute_url())


def test_nobody_is_notified_of_a_page_that_is_a_draft_again(page: Page, user: User, tell: Callable[..., None]) -> None:
    unpublish(page)
    tell(page, user)

    assert not Notification.objects.exists()


def test_an_unread_notification_disappears_when_its_page_is_unpublished(
    page: Page, user: User, admin: User, tell: Callable[..., None], delivered: Callable[..., Any]
) -> None:
    tell(page, user)
    tell(page, admin)
    Notification.objects.filter(user=admin).update(read_at=timezone.now())
    with delivered():
        unpublish(page)

    assert Notification.objects.get().user == admin


def test_an_unread_notification_disappears_when_its_page_is_deleted(
    page: Page, user: User, tell: Callable[..., None]
) -> None:
    tell(page, user)
    page.delete()

    assert not Notification.objects.exists()
