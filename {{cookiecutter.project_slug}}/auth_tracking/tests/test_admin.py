"""Staff read and search events in the admin, and lift lockouts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from auth_tracking.models import LoginEvent

pytestmark = pytest.mark.django_db


def test_events_are_only_read(locked_out: None, staff: Callable[..., Client]) -> None:
    client, event = staff("view_loginevent"), LoginEvent.objects.latest("pk")

    assert "ada@example.com" in client.get(reverse("admin:auth_tracking_loginevent_changelist")).text
    for action in ("change", "delete"):
        url = reverse(f"admin:auth_tracking_loginevent_{action}", args=[event.pk])
        assert client.post(url, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ADA@example.com", ["203.0.113.7"]),
        ("nobody@example.com", ["2001:db8::1"]),
        ("2001:DB8::1", ["2001:db8::1"]),
        ("ada", []),
    ],
)
def test_a_search_takes_a_whole_name_or_address(
    sign_in: Callable[..., Any], staff: Callable[..., Client], search: str, found: list[str]
) -> None:
    sign_in("wrong", email="ada@example.com", ip="203.0.113.7")
    sign_in("wrong", email="nobody@example.com", ip="2001:db8::1")

    response = staff("view_loginevent").get(reverse("admin:auth_tracking_loginevent_changelist"), {"q": search})
    assert [event.ip for event in response.context["cl"].result_list] == found


@pytest.mark.parametrize(("permissions", "status"), [(["unblock"], 200), ([], 429)])
def test_unblocking_takes_a_permission(
    locked_out: None, sign_in: Callable[..., Any], staff: Callable[..., Client], permissions: list[str], status: int
) -> None:
    action = {"action": "unblock", "_selected_action": [LoginEvent.objects.latest("pk").pk]}
    staff("view_loginevent", *permissions).post(reverse("admin:auth_tracking_loginevent_changelist"), action)

    assert sign_in("wrong").status_code == status
