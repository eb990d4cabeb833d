"""Writing and publishing in the admin."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from pages.models import Page, Tag

pytestmark = pytest.mark.django_db

LIST = reverse("admin:pages_page_changelist")


def test_an_admin_adds_a_page_with_tags(admin_client: Client) -> None:
    tag = Tag.objects.create(name="Signals", slug="signals")
    answers = {"title": "News", "slug": "news", "body": "All well.", "tags": [tag.pk]}
    admin_client.post(reverse("admin:pages_page_add"), answers)
    assert list(Page.objects.get(slug="news").tags.all()) == [tag]


def test_actions_publish_and_unpublish_and_say_how_many_pages(admin_client: Client) -> None:
    news, more = (Page.objects.create(title=title, slug=title) for title in ("news", "more"))
    both = {"_selected_action": [news.pk, more.pk]}
    admin_client.post(LIST, {"action": "publish", "_selected_action": [news.pk]})
    assert "Pages published: 1." in admin_client.post(LIST, both | {"action": "publish"}, follow=True).text
    assert "Pages unpublished: 2." in admin_client.post(LIST, both | {"action": "unpublish"}, follow=True).text


def test_staff_who_may_only_view_pages_cannot_publish_them(staff: Callable[..., Client]) -> None:
    page = Page.objects.create(title="News", slug="news")
    staff("view_page").post(LIST, {"action": "publish", "_selected_action": [page.pk]})
    assert not Page.objects.published().exists()
