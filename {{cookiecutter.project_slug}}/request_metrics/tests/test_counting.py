"""Each request is counted once, by its view and kind of answer; each failure by its place."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.signals import request_finished, request_started
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from request_metrics import signals
from request_metrics.buffer import buffer
from request_metrics.middleware import NO_VIEW


def counted() -> dict[tuple[str, int], int]:
    """How many requests were counted, by route and the first digit of the status."""
    counts: dict[tuple[str, int], int] = {}
    for key, sums in buffer.take().counts.items():
        counts[key.route, key.status] = counts.get((key.route, key.status), 0) + sums.count
    return counts


def test_requests_are_counted_by_view_and_status(visitor: Client) -> None:
    for path in ("/plain", "/plain", "/failing", reverse("request_metrics:metrics")):
        visitor.get(path)
    assert counted() == {("plain", 2): 2, ("failing", 5): 1, ("request_metrics:metrics", 4): 1}


def test_unknown_addresses_are_counted_together(visitor: Client) -> None:
    for number in range(3):
        visitor.get(f"/{number}/wp-login.php")
    assert counted() == {(NO_VIEW, 4): 3}


@pytest.mark.django_db
def test_asynchronous_requests_are_counted() -> None:
    async_to_sync(AsyncClient().get)("/in_loop")
    assert counted() == {("in_loop", 2): 1}


def test_a_stream_is_counted_when_it_ends(visitor: Client) -> None:
    response: Any = visitor.get("/streaming")
    assert counted() == {}
    b"".join(response)
    assert counted() == {("streaming", 2): 1}


def test_a_request_is_timed_from_its_beginning_to_its_last_byte(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "perf_counter", iter([100.0, 100.75]).__next__)
    visitor.get("/plain")
    ((key, sums),) = buffer.take().counts.items()
    assert (sums.seconds, key.up_to) == (0.75, 1000)


def test_a_failure_is_recorded_with_its_place_but_nothing_that_was_sent(visitor: Client) -> None:
    visitor.get("/failing?password=secret")
    (failure,) = buffer.take().failures
    assert failure.type == "request_metrics.tests.urls.OutOfOrderError"
    assert failure.place.startswith("request_metrics/tests/urls.py:")
    assert failure.place.endswith(" failing")
    assert failure.route == "failing"
    assert "secret" not in str(failure)


def test_a_failure_that_cannot_be_recorded_is_only_logged(
    visitor: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(signals, "place_of", lambda error: 1 / 0)
    assert visitor.get("/failing").status_code == 500
    assert "A failure could not be counted." in caplog.text


def test_counting_costs_no_query(
    visitor: Client, muted: Callable[..., None], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    visitor.get("/plain")
    with CaptureQueriesContext(connection) as queries:
        visitor.get("/plain")
    muted(request_started, signals.start_clock)
    muted(request_finished, signals.count_request)
    with django_assert_num_queries(len(queries)):
        visitor.get("/plain")
