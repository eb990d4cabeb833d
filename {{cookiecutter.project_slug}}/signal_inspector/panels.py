"""A panel for the debug toolbar: what signals the request has sent, and who ran."""

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from debug_toolbar.panels import Panel
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from signal_inspector.text import counted, indented, remarks
from signal_inspector.trace import Trace, traced

# More rows than this nobody reads, and a browser is slow with.
MOST = 2_000


class SignalTracePanel(Panel):
    """Traces from the toolbar's middleware inwards, until it has the response. A stream is sent after that."""

    title = "Signal trace"
    template = "signal_inspector/panel.html"
    is_async = True

    _tracing: ExitStack | None = None
    _trace: Trace | None = None

    def enable_instrumentation(self) -> None:
        """Begin."""
        if self._tracing is None:
            self._tracing = ExitStack()
            self._trace = self._tracing.enter_context(traced())

    def disable_instrumentation(self) -> None:
        """End."""
        if self._tracing is not None:
            self._tracing.close()
            self._tracing = None

    @property
    def nav_subtitle(self) -> str:
        """What stands under the title in the bar."""
        toolbar: Any = super()  # it has no types
        return str(toolbar.get_stats().get("subtitle", ""))

    def generate_stats(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Keep what the template shows, as the toolbar's store takes it: numbers and text."""
        if self._trace is None:
            return
        rows, totals = self._trace.rows, self._trace.totals
        shown: list[dict[str, Any]] = [
            asdict(row) | {"title": indented(row), "loop": row.loop, "error": row.error} for row in rows[:MOST]
        ]
        toolbar: Any = super()
        toolbar.record_stats(
            {
                "subtitle": f"{counted(totals.sends, 'send')}, {counted(totals.calls, 'call')}",
                "totals": str(totals),
                "remarks": remarks(rows),
                "rows": shown,
                "more": len(rows) - len(shown),
            }
        )
