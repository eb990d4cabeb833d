"""Staff and monitors see how far behind the delivery is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import F
from django.dispatch import Signal
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from core.dispatch import OrderedSignal, send_on_commit
from outbox.lag import lag, numbers
from outbox.models import Event
from outbox.relay import Relay
from proofs.outbox import Listener, events, fail, make_due

pytestmark = pytest.mark.django_db


def make_older(seconds: float, **which: object) -> None:
    Event.objects.filter(**which).update(due_at=F("created_at") - timedelta(seconds=seconds))


class TestLag:
    def test_is_how_long_the_oldest_has_been_due(self, announced: Signal, listener: Listener) -> None:
        assert lag() == timedelta()
        send_on_commit(announced, None, number=1)
        send_on_commit(announced, None, number=2)
        make_older(100, pk=events()[0].pk)
        assert 100 <= lag().total_seconds() < 130
        assert numbers()[1:] == (2, 0)
        Relay().deliver_due()
        assert numbers() == (timedelta(), 0, 0)

    def test_does_not_count_what_waits_for_its_next_try(
        self, ordered: OrderedSignal, connect: Callable[..., Listener]
    ) -> None:
        _listener = connect(ordered, act=fail)
        send_on_commit(ordered, None, key=1)
        Relay().deliver_due()
        send_on_commit(ordered, None, key=1)
        make_older(100, tries=0)
        assert numbers() == (timedelta(), 2, 0)

    def test_does_not_count_what_is_parked(self, announced: Signal, listener: Listener) -> None:
        send_on_commit(announced, None)
        Event.objects.update(receivers=["tests.gone"])
        Relay().deliver_due()
        make_due()
        assert numbers() == (timedelta(), 0, 1)


class TestHealth:
    url = "/outbox/health/"

    def test_is_well_if_nothing_is_late(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            response = client.get(self.url)
        assert response.status_code == 200
        assert response.text == "Signals are delivered in time.\n"
        assert response["Content-Type"] == "text/plain"
        assert response["Cache-Control"] == "no-store"

    def test_is_not_if_something_is(
        self, client: Client, announced: Signal, listener: Listener, settings: Settings
    ) -> None:
        settings.OUTBOX_LAG = 60
        send_on_commit(announced, None, number=1)
        assert client.get(self.url).status_code == 200
        make_older(100)
        response = client.get(self.url)
        assert response.status_code == 503
        assert response.text == "Signals are not delivered in time.\n"
        assert response["Cache-Control"] == "no-store"

    def test_is_well_whatever_is_parked(self, client: Client, announced: Signal, listener: Listener) -> None:
        send_on_commit(announced, None)
        Event.objects.update(receivers=["tests.gone"])
        Relay().deliver_due()
        make_due()
        response = client.get(self.url)
        assert (response.status_code, response.text) == (200, "Signals are delivered in time.\n")

    def test_costs_one_query_that_counts_nothing(
        self, client: Client, announced: Signal, listener: Listener, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        send_on_commit(announced, None)
        make_older(1000)
        with django_assert_num_queries(1) as queries:
            client.get(self.url)
        (sql,) = (query["sql"] for query in queries)
        assert "COUNT" not in sql
        assert sql.endswith("LIMIT 1")

    def test_is_not_if_the_database_is_down(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def down() -> None:
            raise OperationalError("at secret.example.com")

        monkeypatch.setattr("outbox.views.lag", down)
        response = client.get(self.url)
        assert (response.status_code, response.text) == (503, "The database cannot be read.\n")

    def test_is_only_read(self, client: Client) -> None:
        assert client.head(self.url).status_code == 200
        assert client.post(self.url).status_code == 405


class TestPage:
    @pytest.fixture(autouse=True)
    def failed(self, announced: Signal, connect: Callable[..., Listener]) -> None:
        """One that waits for its next try, one that is parked, and one that waits."""
        _listener = connect(announced, act=fail)
        send_on_commit(announced, None, text="<b>hostile</b>")
        Relay().deliver_due()
        send_on_commit(announced, None, number=2)
        Event.objects.filter(tries=0).update(receivers=["tests.<b>gone</b>"])
        Relay().deliver_due()
        send_on_commit(announced, None, number=3)
        make_older(1000, tries=0)

    def test_is_for_staff(self, client: Client, staff: Callable[..., Client]) -> None:
        url = reverse("outbox:delivery")
        assert client.get(url).status_code == 302
        client.force_login(User.objects.create_user("ada@example.com"))
        assert client.get(url).status_code == 403

    def test_shows_numbers_and_what_failed(
        self, staff: Callable[..., Client], django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = staff("view_event")
        waiting, parked, _ = events()
        text = client.get(reverse("outbox:delivery")).text
        assert "Does a relay run?" in text
        assert "<dt>Waiting</dt><dd>2</dd>" in text
        assert "<dt>Parked</dt><dd>1</dd>" in text
        assert "tests.receive: RuntimeError: out of order" in text
        assert "No receiver tests.&lt;b&gt;gone" in text
        for event in (waiting, parked):
            assert reverse("admin:outbox_event_change", args=[event.pk]) in text

    def test_shows_errors_only_to_those_who_may_see_them(self, staff: Callable[..., Client]) -> None:
        text = staff().get(reverse("outbox:delivery")).text
        assert "<dt>Parked</dt><dd>1</dd>" in text
        assert "out of order" not in text
        assert "/admin/outbox/" not in text
