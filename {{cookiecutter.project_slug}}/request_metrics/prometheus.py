"""The numbers as Prometheus reads them: text, format 0.0.4. Of all processes together, and of all time."""

from collections import defaultdict
from collections.abc import Iterator

from request_metrics.buffer import LIMITS
from request_metrics.models import EVER, Failure, RequestCount

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition() -> str:
    """All of it, in two queries."""
    return "".join(f"{line}\n" for line in [*requests(), *failures()])


def requests() -> Iterator[str]:
    """How many, and how long they took."""
    found: dict[tuple[str, int], dict[int, tuple[int, float]]] = defaultdict(dict)
    rows = RequestCount.objects.filter(hour=EVER).order_by("route", "status", "up_to")
    for route, status, up_to, count, seconds in rows.values_list("route", "status", "up_to", "count", "seconds"):
        found[route, status][up_to] = (count, seconds)

    yield "# HELP http_requests_total Requests that have ended."
    yield "# TYPE http_requests_total counter"
    for (route, status), times in found.items():
        yield f"http_requests_total{{{of(route, status)}}} {sum(count for count, _ in times.values())}"

    yield "# HELP http_request_duration_seconds How long they took, to the last byte of the answer."
    yield "# TYPE http_request_duration_seconds histogram"
    for (route, status), times in found.items():
        name, whose = "http_request_duration_seconds", of(route, status)
        for limit in LIMITS:
            within = sum(count for up_to, (count, _) in times.items() if up_to <= limit)
            yield f'{name}_bucket{{{whose},le="{limit / 1000}"}} {within}'
        total = sum(count for count, _ in times.values())
        yield f'{name}_bucket{{{whose},le="+Inf"}} {total}'
        yield f"{name}_sum{{{whose}}} {sum(seconds for _, seconds in times.values())}"
        yield f"{name}_count{{{whose}}} {total}"


def failures() -> Iterator[str]:
    """Exceptions that no view has caught."""
    yield "# HELP request_failures_total Exceptions that no view has caught."
    yield "# TYPE request_failures_total counter"
    rows = Failure.objects.order_by("type", "place", "route")
    for kind, place, route, count in rows.values_list("type", "place", "route", "count"):
        yield f"request_failures_total{{{label('type', kind)},{label('place', place)},{label('route', route)}}} {count}"


def of(route: str, status: int) -> str:
    """The labels of a route's answers of one kind."""
    return f"{label('route', route)},{label('status', f'{status}xx' if status else 'none')}"


def label(name: str, value: str) -> str:
    """A label with its value, in which nothing can end it."""
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{escaped}"'
