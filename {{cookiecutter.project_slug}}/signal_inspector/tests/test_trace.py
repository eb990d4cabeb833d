"""A trace shows what was sent and who ran, and costs nothing when it has ended."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse

from signal_inspector.panels import SignalTracePanel
from signal_inspector.tests.receivers import fail, index, product_sold, sell, stock_changed
from signal_inspector.trace import Trace, traced
from testing.models import Category, Product

Connect = Callable[..., None]

NAME = "signal_inspector.tests.receivers"


def outline(trace: Trace) -> list[str]:
    """Its rows without times, two spaces for each step."""
    return [
        f"{'  ' * row.depth}{row.title}{row.error and f': {row.error}'}".replace(f"{NAME}.", "") for row in trace.rows
    ]


def test_what_a_receiver_sends_is_shown_beneath_it(connect: Connect) -> None:
    connect(product_sold, index)
    connect(product_sold, sell)
    connect(stock_changed, index)
    with traced() as trace:
        product_sold.send(Product)
    assert outline(trace) == [
        "product_sold  testing.Product",
        "  1 index",
        "  2 sell",
        "    stock_changed  testing.Product",
        "      1 index",
    ]
    assert str(trace.totals).startswith("2 sends, 3 calls, 0 queries in ")


def test_errors_are_shown_whether_they_propagate_or_not(connect: Connect) -> None:
    connect(product_sold, fail)
    with traced() as trace:
        product_sold.send_robust(None)
        with pytest.raises(ValueError, match="out of stock"):
            product_sold.send(None)
    assert outline(trace) == [
        "product_sold",
        "  1 fail: swallowed by send_robust: ValueError: out of stock",
        "product_sold",
        "  1 fail: raised ValueError: out of stock",
    ]


@pytest.mark.django_db
def test_queries_and_what_waits_for_the_commit_are_shown(
    connect: Connect, django_capture_on_commit_callbacks: Any
) -> None:
    def save(**kwargs: Any) -> None:
        assert not Category.objects.filter(name="Tea").exists()
        transaction.on_commit(sell)

    connect(product_sold, save)
    connect(stock_changed, index)
    with traced() as trace, django_capture_on_commit_callbacks(execute=True):
        product_sold.send(None)
    (called,) = [row for row in trace.rows if row.name.endswith("save")]
    assert called.queries == 1
    assert outline(trace)[2:] == ["    waits for commit  sell", "stock_changed  testing.Product", "  1 index"]


def test_without_a_trace_sending_is_djangos_own() -> None:
    before = dict(vars(Signal))
    with traced():
        assert vars(Signal)["send"] is not before["send"]
    assert dict(vars(Signal)) == before


def test_the_debug_toolbar_shows_the_trace_of_a_request(connect: Connect) -> None:
    connect(product_sold, index)
    kept: dict[str, Any] = {}
    store = SimpleNamespace(save_panel=lambda request_id, panel, stats: kept.update(stats))
    panel = SignalTracePanel(SimpleNamespace(stats={}, request_id="1", store=store), lambda request: HttpResponse())
    panel.enable_instrumentation()
    product_sold.send(Product)
    panel.disable_instrumentation()
    panel.generate_stats(HttpRequest(), HttpResponse())
    assert panel.nav_subtitle == "1 send, 1 call"
    assert [row["name"] for row in kept["rows"]] == [f"{NAME}.product_sold", f"{NAME}.index"]
