"""Staff and monitors see what was sent and whether it is late, and staff can send it again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from accounts.models import User
from outbox.models import Event
from outbox.relay import Relay

pytestmark = pytest.mark.django_db

LIST = "admin:outbox_event_changelist"


def event(*, age: int = 0, **values: Any) -> Event:
    """A signal that has been due for so many seconds."""
    sent = {"signal": "testing.signals.product_sold", "arguments": "{}", "receivers": ["tests.receiver"]}
    return Event.objects.create(**sent | {"due_at": Now() - timedelta(seconds=age)} | values)


def send_again(client: Client, *events: Event) -> str:
    chosen = {"action": "send_again", "_selected_action": [event.pk for event in events]}
    return client.post(reverse(LIST), chosen, follow=True).text


@pytest.mark.parametrize("state", ["failed", "parked", "delivered"])
def test_signals_are_listed_by_name_and_state(admin_client: Client, state: str) -> None:
    failed, parked = event(tries=1), event(tries=3, parked_at=Now())
    events = {"waiting": event(), "failed": failed, "parked": parked, "delivered": event(delivered_at=Now())}
    event(signal="testing.signals.price_changed")
    query = {"signal": "testing.signals.product_sold", "state": state}
    assert list(admin_client.get(reverse(LIST), query).context["cl"].result_list) == [events[state]]


def test_what_was_sent_is_shown_and_escaped(admin_client: Client) -> None:
    shown = event(arguments='{"text": "<script>"}', errors={"tests.receiver": "<b>Traceback"})
    text = admin_client.get(reverse("admin:outbox_event_change", args=[shown.pk])).text
    assert "&quot;text&quot;: &quot;&lt;script&gt;&quot;" in text
    assert "&lt;b&gt;Traceback" in text


def test_a_signal_cannot_be_edited_or_deleted(admin_client: Client) -> None:
    key = event().pk
    assert admin_client.post(reverse("admin:outbox_event_change", args=[key]), {}).status_code == 403
    assert admin_client.post(reverse("admin:outbox_event_delete", args=[key]), {"post": "yes"}).status_code == 403


def test_a_parked_signal_can_be_sent_again(staff: Callable[..., Client], receiver: Any) -> None:
    text = send_again(staff("view_event", "send_again"), event(tries=3, parked_at=Now()), event())
    assert "On their way again: 1." in text
    Relay().deliver_due()
    assert receiver.call_count == 2


def test_sending_again_needs_its_permission(staff: Callable[..., Client], receiver: Any) -> None:
    send_again(staff("view_event"), event(tries=3, parked_at=Now()))
    Relay().deliver_due()
    receiver.assert_not_called()


@pytest.mark.parametrize(("seconds", "status"), [(250, 200), (350, 503)])  # OUTBOX_LAG is 300
def test_the_health_check_fails_if_a_signal_is_late(client: Client, seconds: int, status: int) -> None:
    event(age=seconds)
    assert client.get(reverse("outbox:health")).status_code == status


def test_the_health_check_ignores_what_no_relay_would_deliver(client: Client) -> None:
    event(age=1000, parked_at=Now(), tries=3)
    event(age=1000, delivered_at=Now())
    assert client.get(reverse("outbox:health")).status_code == 200


def test_the_page_is_for_staff(client: Client) -> None:
    assert client.get(reverse("outbox:delivery")).status_code == 302
    client.force_login(User.objects.create_user("ada@example.com"))
    assert client.get(reverse("outbox:delivery")).status_code == 403


@pytest.mark.parametrize(("permissions", "shown"), [((), False), (("view_event",), True)])
def test_the_page_shows_errors_to_those_who_may_see_them(
    staff: Callable[..., Client], permissions: tuple[str, ...], shown: bool
) -> None:
    client = staff(*permissions)
    event(age=1000, tries=1, errors={"tests.receiver": "RuntimeError: <out of order>"})
    event(age=1000, tries=3, parked_at=Now())
    text = client.get(reverse("outbox:delivery")).text
    assert "Does a relay run?" in text
    assert "<dt>Parked</dt><dd>1</dd>" in text
    assert ("tests.receiver: RuntimeError: &lt;out of order&gt;" in text) == shown
