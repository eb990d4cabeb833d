"""Writing and publishing in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from pages.models import Page, Tag

pytestmark = pytest.mark.django_db

LIST = "admin:pages_page_changelist"


@pytest.fixture
def pages() -> list[Page]:
    return [Page.objects.create(title=f"Page {n}", slug=f"page-{n}") for n in range(3)]


def act(client: Client, action: str, pages: list[Page]) -> str:
    answers = {"action": action, "_selected_action": [page.pk for page in pages]}
    return client.post(reverse(LIST), answers, follow=True).text


@pytest.mark.parametrize("model", ["page", "tag"])
def test_pages_open(admin_client: Client, model: str, pages: list[Page]) -> None:
    assert admin_client.get(reverse(f"admin:pages_{model}_changelist"), {"q": "page"}).status_code == 200
    assert admin_client.get(reverse(f"admin:pages_{model}_add")).status_code == 200


def test_publishes_and_unpublishes_and_says_how_many(admin_client: Client, pages: list[Page]) -> None:
    assert "Pages published: 2." in act(admin_client, "publish", pages[:2])
    assert "Pages published: 1." in act(admin_client, "publish", pages)
    assert Page.objects.published().count() == 3
    assert "Pages unpublished: 1." in act(admin_client, "unpublish", pages[:1])
    assert Page.objects.published().count() == 2


def test_who_may_only_look_may_not_publish(client: Client, pages: list[Page]) -> None:
    reader = User.objects.create_user("ada@example.com", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_page"))
    client.force_login(reader)
    act(client, "publish", pages)
    assert not Page.objects.published().exists()


def test_adds_a_page_with_tags(admin_client: Client) -> None:
    tag = Tag.objects.create(name="Signals", slug="signals")
    answers = {"title": "News", "slug": "news", "body": "All well.", "tags": [tag.pk]}
    admin_client.post(reverse("admin:pages_page_add"), answers)
    assert list(Page.objects.get(slug="news").tags.all()) == [tag]


def test_line_breaks_as_browsers_send_them_change_nothing(admin_client: Client) -> None:
    page = Page.objects.create(title="News", slug="news", body="All\nwell.")
    answers = {"title": "Later news", "slug": "news", "body": "All\r\nwell."}
    admin_client.post(reverse("admin:pages_page_change", args=[page.pk]), answers)
    page.refresh_from_db()
    assert (page.title, page.body) == ("Later news", "All\nwell.")
    assert LogEntry.objects.get().get_change_message() == "Changed Title."
