"""The log in the admin: to read, to filter and to search."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from activity_log.models import ActivityEntry
from core.actors import acting_as
from testing.models import Product

Staff = Callable[..., Client]

PAGE = "admin:activity_log_activityentry"


@pytest.fixture
def entry(lamp: Product, ada: User) -> ActivityEntry:
    """Ada renames the lamp, in the request abc; somebody creates a chair."""
    with acting_as(ada):
        lamp.name = "<b>Desk lamp"
        lamp.save()
    ActivityEntry.objects.update(request_id="abc")
    Product.objects.create(name="Chair")
    return ActivityEntry.objects.get(request_id="abc")


def listed(client: Client, **query: str) -> list[ActivityEntry]:
    return list(client.get(reverse(f"{PAGE}_changelist"), query).context["cl"].result_list)


def test_the_list_shows_each_change_as_a_diff(entry: ActivityEntry, staff: Staff) -> None:
    client = staff("view_activityentry")
    assert "<del>Lamp</del> <ins>&lt;b&gt;Desk lamp</ins>" in client.get(reverse(f"{PAGE}_changelist")).text


def test_entries_are_filtered_by_object_and_person(entry: ActivityEntry, ada: User, staff: Staff) -> None:
    client = staff("view_activityentry")
    assert listed(client, model="testing.product", object_key=entry.object_key) == [entry]
    assert listed(client, user=str(ada.pk)) == [entry]


@pytest.mark.parametrize("term", ["{0.object_key}", "ada@example.com", "abc"], ids=["key", "email", "request"])
def test_entries_are_found_by_key_email_and_request(entry: ActivityEntry, staff: Staff, term: str) -> None:
    assert listed(staff("view_activityentry"), q=term.format(entry)) == [entry]


def test_nobody_can_change_the_log(entry: ActivityEntry, admin_client: Client) -> None:
    assert admin_client.get(reverse(f"{PAGE}_add")).status_code == 403
    assert admin_client.post(reverse(f"{PAGE}_change", args=[entry.pk])).status_code == 403
    assert admin_client.post(reverse(f"{PAGE}_delete", args=[entry.pk]), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(("permission", "shown"), [("", False), ("view_activityentry", True)])
def test_the_history_of_an_object_shows_its_entries(ada: User, staff: Staff, permission: str, shown: bool) -> None:
    client = staff("view_user", permission)
    page = client.get(reverse("admin:accounts_user_history", args=[ada.pk])).text
    assert ("<ins>Ada</ins>" in page) is shown
