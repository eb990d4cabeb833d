"""The admin's list is quick among any number of signals, shows hostile ones harmlessly, and sends again what failed."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models.functions import Now
from django.dispatch import Signal
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from core.dispatch import send_on_commit
from outbox.admin import STATES
from outbox.models import Event
from outbox.relay import Relay
from proofs.outbox import Listener, events, fail

pytestmark = pytest.mark.django_db

URL = "admin:outbox_event_"
HOSTILE = "<script>alert(1)</script>\0"


@pytest.fixture
def sent() -> None:
    """Fifty signals in each state."""
    for values in ({}, {"tries": 1}, {"tries": 3, "parked_at": Now()}, {"delivered_at": Now()}):
        event = {"signal": "core.signals.announced", "arguments": "{}", "receivers": []} | values
        Event.objects.bulk_create(Event(**event) for _ in range(50))


class TestReading:
    def test_shows_what_was_sent_and_what_failed(
        self, admin_client: Client, announced: Signal, connect: Callable[..., Listener]
    ) -> None:
        def fail_badly(**kwargs: object) -> None:
            raise RuntimeError(HOSTILE)

        _listener = connect(announced, act=fail_badly)
        send_on_commit(announced, None, what=HOSTILE, more={"of": [1, "Zoë"]})
        Relay().deliver_due()
        text = admin_client.get(reverse(f"{URL}change", args=[events()[0].pk])).text
        assert "<script>alert" not in text
        assert escape("<script>alert(1)</script>") in text
        assert "Zoë" in text
        assert "Traceback" in text

    @pytest.mark.parametrize(
        "query", ["state=x", "state=%00", "signal=%00", "signal=" + "x" * 5000, "p=x", "q=x", "claim__exact=x"]
    )
    def test_absurd_parameters_are_no_error(self, admin_client: Client, query: str) -> None:
        assert admin_client.get(f"{reverse(f'{URL}changelist')}?{query}").status_code in {200, 302, 400}

    def test_its_cost_does_not_grow_with_its_rows(
        self, admin_client: Client, sent: None, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        # Session, user; the one signal, and that there is no other; count, page.
        with django_assert_num_queries(6):
            admin_client.get(reverse(f"{URL}changelist"))


@pytest.fixture
def failing(announced: Signal, connect: Callable[..., Listener]) -> Listener:
    """Fails on what says so."""
    return connect(announced, act=lambda what, **kwargs: fail() if what == "failed" else None)


@pytest.fixture
def by_state(announced: Signal, failing: Listener) -> dict[str, Event]:
    """Signals by what has become of them."""
    send_on_commit(announced, None, what="failed")
    send_on_commit(announced, None, what="delivered")
    Relay().deliver_due()
    send_on_commit(announced, None, what="parked")
    Event.objects.filter(delivered_at=None, tries=0).update(receivers=["tests.gone"])
    Relay().deliver_due()
    send_on_commit(announced, None, what="waiting")
    return dict(zip(["failed", "delivered", "parked", "waiting"], events(), strict=True))


class TestSendingAgain:
    def send_again(self, client: Client, *chosen: Event) -> str:
        data = {"action": "send_again", "_selected_action": [str(event.pk) for event in chosen]}
        return client.post(reverse(f"{URL}changelist"), data, follow=True).text

    def test_delivers_what_failed_now_and_leaves_a_trace(
        self, admin_client: Client, by_state: dict[str, Event], failing: Listener, announced: Signal
    ) -> None:
        failing.act = None
        gone = Listener()
        announced.connect(gone, dispatch_uid="tests.gone")
        text = self.send_again(admin_client, by_state["parked"], by_state["failed"], by_state["delivered"])
        assert "On their way again: 2." in text
        assert LogEntry.objects.count() == 2
        assert {event.state for event in events()} == {"delivered", "waiting"}
        Relay().deliver_due()
        assert {event.state for event in events()} == {"delivered"}
        assert [got["what"] for got in gone.got] == ["parked"]
        assert sorted(got["what"] for got in failing.got) == ["delivered", "failed", "failed", "waiting"]

    def test_leaves_the_rest_alone(self, admin_client: Client, by_state: dict[str, Event]) -> None:
        text = self.send_again(admin_client, by_state["delivered"], by_state["waiting"])
        assert "None of these has failed." in text


def test_nothing_is_added_by_hand(admin_client: Client) -> None:
    assert admin_client.get(reverse(f"{URL}add")).status_code == 403


@pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
@pytest.mark.parametrize(
    "path",
    [
        "/admin/outbox/event/",
        *(f"/admin/outbox/event/?state={state}" for state in STATES),
        "/admin/outbox/event/?signal=core.signals.announced",
        "/outbox/",
        "/outbox/health/",
    ],
)
def test_an_index_finds_what_a_page_shows(
    admin_client: Client, sent: None, path: str, plans: Callable[..., list[str]]
) -> None:
    found = plans(admin_client, path, "outbox_event")
    assert found
    for plan in found:
        assert "Seq Scan on outbox" not in plan, plan
        assert "Sort" not in plan, plan
