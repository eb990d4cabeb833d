"""Users read their notifications and mark them as read."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from notifications.models import Notification

pytestmark = pytest.mark.django_db


def notification(user: User, text: str, **fields: object) -> Notification:
    return Notification.objects.create(user=user, kind="news", key=text, text=text, **fields)


def test_the_list_shows_the_newest_first_in_pages(client: Client, user: User) -> None:
    for number in range(1, 23):
        notification(user, f"News {number}")
    client.force_login(user)
    newest = client.get(reverse("notifications:mine")).context
    older = client.get(reverse("notifications:mine"), {"before": newest["older"]}).context

    assert [each.text for each in newest["notifications"]] == [f"News {number}" for number in range(22, 2, -1)]
    assert [each.text for each in older["notifications"]] == ["News 2", "News 1"]


def test_opening_a_notification_marks_it_as_read_and_goes_where_it_leads(client: Client, user: User) -> None:
    news = notification(user, "News", url="/somewhere/")
    client.force_login(user)
    response = client.post(reverse("notifications:open", args=[news.pk]))

    assert response.headers["Location"] == "/somewhere/"
    news.refresh_from_db()
    assert news.read_at is not None


@pytest.mark.parametrize("url", ["", "https://evil.example/", "//evil.example/"])
def test_opening_a_notification_never_leads_to_another_site(client: Client, user: User, url: str) -> None:
    news = notification(user, "News", url=url)
    client.force_login(user)
    response = client.post(reverse("notifications:open", args=[news.pk]))

    assert response.headers["Location"] == reverse("notifications:mine")


def test_the_notifications_of_others_stay_out_of_reach(client: Client, user: User, admin: User) -> None:
    theirs = notification(admin, "Secret")
    client.force_login(user)

    assert "Secret" not in client.get(reverse("notifications:mine")).text
    assert client.post(reverse("notifications:open", args=[theirs.pk])).status_code == 404
    client.post(reverse("notifications:mark_all_read"), {"newest": theirs.pk})
    assert Notification.objects.get().read_at is None


def test_mark_all_as_read_leaves_what_came_later(client: Client, user: User) -> None:
    shown = notification(user, "Shown")
    notification(user, "Newer")
    client.force_login(user)
    client.post(reverse("notifications:mark_all_read"), {"newest": shown.pk})

    assert [each.text for each in Notification.objects.filter(read_at=None)] == ["Newer"]


def test_prune_deletes_notifications_read_long_ago(user: User) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    notification(user, "Unread", created_at=long_ago)
    notification(user, "Read long ago", read_at=long_ago)
    notification(user, "Read just now", read_at=timezone.now())
    call_command("prune_notifications", days=90)

    assert {each.text for each in Notification.objects.all()} == {"Unread", "Read just now"}
