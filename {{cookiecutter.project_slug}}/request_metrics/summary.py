"""What the staff page shows: the numbers of some hours, by hour and by route."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Max, Sum

from request_metrics.models import RequestCount

# What an answer of each status is called, from the bottom of the chart to its top.
KINDS = {1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx", 5: "5xx", 0: "no answer"}
FAILED = (5, 0)


@dataclass
class Hour:
    """One hour: how many requests with answers of each kind."""

    begin: datetime
    counts: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.counts.values())

    @property
    def by_kind(self) -> list[int]:
        """In the order of ``KINDS``."""
        return [self.counts.get(status, 0) for status in KINDS]


@dataclass
class Route:
    """One route. Times are in milliseconds."""

    name: str
    count: int = 0
    failures: int = 0
    total: float = 0
    slowest: float = 0
    up_to: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def mean(self) -> float:
        """How long a request took on average."""
        return self.total / self.count

    @property
    def most(self) -> float:
        """Within what time 95 of 100 were done, as exactly as the limits tell that they are counted by."""
        return min(quantile(self.up_to, 0.95), self.slowest)


def quantile(up_to: dict[int, int], share: float) -> float:
    """The limit that so large a share of the counts is within."""
    left = share * sum(up_to.values())
    for limit in sorted(up_to):
        left -= up_to[limit]
        if left <= 0:
            break
    return limit


def by_hour(begin: datetime, end: datetime) -> list[Hour]:
    """Each hour from the one that begins at ``begin`` to the one in which ``end`` is, also those without a request."""
    rows = RequestCount.objects.filter(hour__gte=begin).values_list("hour", "status").annotate(Sum("count"))
    hours = {}
    while begin <= end:
        hours[begin] = Hour(begin)
        begin += timedelta(hours=1)
    for hour, status, count in rows.order_by():
        if hour in hours:  # not if another machine's clock is ahead
            hours[hour].counts[status] = count
    return list(hours.values())


def by_route(begin: datetime) -> list[Route]:
    """Each route that was asked for since, the one that took most of the time first."""
    routes: dict[str, Route] = {}
    rows = RequestCount.objects.filter(hour__gte=begin).values_list("route", "status", "up_to").order_by()
    for name, status, up_to, count, seconds, slowest in rows.annotate(Sum("count"), Sum("seconds"), Max("slowest")):
        route = routes.setdefault(name, Route(name))
        route.count += count
        route.failures += count if status in FAILED else 0
        route.total += seconds * 1000
        route.slowest = max(route.slowest, slowest * 1000)
        route.up_to[up_to] += count
    return sorted(routes.values(), key=lambda route: (-route.total, route.name))


@dataclass
class Bar:
    """A part of the chart, in its units: as wide as there are hours, ``HEIGHT`` high. Texts: no language's comma."""

    x: str
    y: str
    height: str
    status: int
    text: str
    begin: datetime


HEIGHT = 100
LEAST = 1.5  # what is there at all can be seen


def bars(hours: Iterable[Hour]) -> list[Bar]:
    """The chart: a stack for each hour, as high as its share of the most."""
    hours = list(hours)
    most = max((hour.total for hour in hours), default=0) or 1
    found = []
    for number, hour in enumerate(hours):
        heights = {
            status: max(LEAST, HEIGHT * hour.counts[status] / most) for status in KINDS if hour.counts.get(status)
        }
        shrink = min(1, HEIGHT / (sum(heights.values()) or 1))
        y = float(HEIGHT)
        for status, height in heights.items():
            y -= height * shrink
            text = f"{KINDS[status]}: {hour.counts[status]}"
            found.append(
                Bar(f"{number + 0.1:.1f}", f"{y:.2f}", f"{height * shrink:.2f}", status, text, hour.begin),
            )
    return found
