"""Asking whether delivery is late costs one short query, and tells outsiders nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models import F
from django.dispatch import Signal
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core.dispatch import OrderedSignal, send_on_commit
from outbox.lag import lag, numbers
from outbox.models import Event
from outbox.relay import Relay
from proofs.outbox import Listener, events, fail

pytestmark = pytest.mark.django_db

HEALTH = "/outbox/health/"


def make_older(seconds: float, **which: object) -> None:
    Event.objects.filter(**which).update(due_at=F("created_at") - timedelta(seconds=seconds))


def test_no_relay_is_late_with_what_waits_for_the_next_try_of_another(
    ordered: OrderedSignal, connect: Callable[..., Listener]
) -> None:
    _listener = connect(ordered, act=fail)
    send_on_commit(ordered, None, key=1)
    Relay().deliver_due()
    send_on_commit(ordered, None, key=1)
    make_older(100, tries=0)
    assert numbers() == (timedelta(), 2, 0)


def test_the_health_check_costs_one_query_that_counts_nothing(
    client: Client, announced: Signal, listener: Listener, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send_on_commit(announced, None)
    make_older(1000)
    with django_assert_num_queries(1) as queries:
        client.get(HEALTH)
    (sql,) = (query["sql"] for query in queries)
    assert "COUNT" not in sql
    assert sql.endswith("LIMIT 1")


def test_the_health_check_does_not_say_why_the_database_is_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down() -> None:
        raise OperationalError("at secret.example.com")

    monkeypatch.setattr("outbox.views.lag", down)
    response = client.get(HEALTH)
    assert (response.status_code, response.text) == (503, "The database cannot be read.\n")
    assert client.post(HEALTH).status_code == 405


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
