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
        yield sample("http_requests_total", labels_of(route, status), sum(count for count, _ in times.values()))

    name = "http_request_duration_seconds"
    yield f"# HELP {name} How long they took, to the last byte of the answer."
    yield f"# TYPE {name} histogram"
    for (route, status), times in found.items():
        labels = labels_of(route, status)
        for limit in LIMITS:
            within = sum(count for up_to, (count, _) in times.items() if up_to <= limit)
            yield sample(f"{name}_bucket", labels | {"le": str(limit / 1000)}, within)
        total = sum(count for count, _ in times.values())
        yield sample(f"{name}_bucket", labels | {"le": "+Inf"}, total)
        yield sample(f"{name}_sum", labels, sum(seconds for _, seconds in times.values()))
        yield sample(f"{name}_count", labels, total)


def failures() -> Iterator[str]:
    """Exceptions that no view has caught."""
    yield "# HELP request_failures_total Exceptions that no view has caught."
    yield "# TYPE request_failures_total counter"
    rows = Failure.objects.order_by("type", "place", "route")
    for kind, place, route, count in rows.values_list("type", "place", "route", "count"):
        yield sample("request_failures_total", {"type": kind, "place": place, "route": route}, count)


def labels_of(route: str, status: int) -> dict[str, str]:
    """Those of a route's answers of one kind."""
    return {"route": route, "status": f"{status}xx" if status else "none"}


def sample(name: str, labels: dict[str, str], value: float) -> str:
    """A line."""
    shown = ",".join(f'{label}="{escaped(text)}"' for label, text in labels.items())
    return "".join([name, "{", shown, "} ", str(value)])


def escaped(text: str) -> str:
    """What can stand in a label, and not end it."""
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
