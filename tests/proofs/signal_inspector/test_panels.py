"""The debug toolbar's panel shows each request its own trace, escaped and bounded."""

import asyncio
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from signal_inspector import panels
from signal_inspector.panels import SignalTracePanel

pytestmark = pytest.mark.usefixtures("bare")

Connect = Callable[..., Any]

thing_sent = Signal()


class Sender:
    """Something that sends."""


def quiet(**kwargs: Any) -> None:
    """Do nothing."""


def fails(**kwargs: Any) -> None:
    raise ValueError("<script>alert(1)</script>")


@pytest.fixture
def panel() -> SignalTracePanel:
    """A panel, in a toolbar that keeps what panels record as its stores do: as JSON."""
    toolbar = SimpleNamespace(stats={}, request_id="1", kept={})
    toolbar.store = SimpleNamespace(
        save_panel=lambda request_id, panel_id, data: toolbar.kept.update(x=json.dumps(data))
    )
    return SignalTracePanel(toolbar, lambda request: HttpResponse())


def html_of(panel: SignalTracePanel) -> str:
    """The content, from what the store has kept."""
    return render_to_string(panel.template, json.loads(panel.toolbar.kept["x"]))


def handle(panel: SignalTracePanel, act: Callable[[], object]) -> None:
    """What the toolbar's middleware does around a request."""
    panel.enable_instrumentation()
    try:
        act()
    finally:
        panel.disable_instrumentation()
    panel.generate_stats(HttpRequest(), HttpResponse())


def test_errors_are_shown_and_escaped(panel: SignalTracePanel, connect: Connect) -> None:
    connect(thing_sent, fails)
    handle(panel, lambda: thing_sent.send_robust(Sender))
    html = html_of(panel)
    assert "<script>" not in html
    assert "swallowed by send_robust: ValueError: &lt;script&gt;" in html


def test_so_many_rows_are_shown(panel: SignalTracePanel, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "MOST", 2)
    connect(thing_sent, quiet)
    handle(panel, lambda: [thing_sent.send(Sender) for _ in range(3)])
    assert html_of(panel).count("quiet</td>") == 1
    assert "And 4 more rows" in html_of(panel)


def test_a_request_that_fails_leaves_nothing_behind(panel: SignalTracePanel) -> None:
    panel.enable_instrumentation()
    panel.enable_instrumentation()  # the toolbar may ask twice
    panel.disable_instrumentation()
    panel.disable_instrumentation()
    assert not hasattr(Signal.send, "__wrapped__")


def test_asynchronous_requests_at_once_are_told_apart(connect: Connect, panel: SignalTracePanel) -> None:
    connect(thing_sent, quiet)

    async def request(times: int) -> str:
        one = SignalTracePanel(SimpleNamespace(**vars(panel.toolbar) | {"stats": {}}), lambda request: HttpResponse())
        one.enable_instrumentation()
        for _ in range(times):
            await thing_sent.asend(Sender)
        one.disable_instrumentation()
        one.generate_stats(HttpRequest(), HttpResponse())
        return one.nav_subtitle

    async def requests() -> list[str]:
        return await asyncio.gather(*(request(times) for times in (2, 3)))

    assert SignalTracePanel.is_async
    assert asyncio.run(requests()) == ["2 sends, 2 calls", "3 sends, 3 calls"]
