"""The chart shows one failure among thousands, and 95 of 100 requests are within the limit that is shown."""

from datetime import UTC, datetime, timedelta

import pytest

from request_metrics.buffer import LONGER
from request_metrics.models import EVER, RequestCount
from request_metrics.summary import HEIGHT, LEAST, Hour, bars, by_hour, by_route, quantile

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def add(route: str, status: int = 2, *, up_to: int = 5, count: int = 1, hour: datetime = NOON) -> None:
    slowest = min(up_to, 20_000) / 1000
    for begin in (hour, EVER):
        RequestCount.objects.create(
            hour=begin,
            route=route,
            status=status,
            up_to=up_to,
            count=count,
            seconds=count * slowest / 2,
            slowest=slowest,
        )


@pytest.mark.parametrize(
    ("up_to", "limit"), [({5: 1}, 5), ({5: 95, 10: 5}, 5), ({10: 6, 5: 94}, 10), ({5: 1, 10: 1, LONGER: 98}, LONGER)]
)
def test_95_of_100_are_within(up_to: dict[int, int], limit: int) -> None:
    assert quantile(up_to, 0.95) == limit


class TestBars:
    def test_are_as_high_as_their_share_of_the_most(self) -> None:
        stack = bars([Hour(NOON, {2: 50, 5: 50}), Hour(NOON), Hour(NOON, {2: 25})])
        assert [(bar.x, bar.y, bar.height, bar.status) for bar in stack] == [
            ("0.1", "50.00", "50.00", 2),
            ("0.1", "0.00", "50.00", 5),
            ("2.1", "75.00", "25.00", 2),
        ]
        assert stack[1].text == "5xx: 50"

    def test_show_one_failure_among_thousands_within_the_chart(self) -> None:
        ok, failed = bars([Hour(NOON, {2: 100_000, 5: 1})])
        assert float(failed.height) == pytest.approx(LEAST, abs=0.1)
        assert float(failed.y) == 0
        assert float(ok.height) + float(failed.height) == pytest.approx(HEIGHT, abs=0.02)

    def test_of_nothing_are_none(self) -> None:
        assert bars([]) == bars([Hour(NOON)]) == []


@pytest.mark.django_db
def test_each_hour_is_there_with_its_counts() -> None:
    add("a", count=3)
    add("b", 5, count=2)
    add("c", 0, hour=NOON - timedelta(hours=2))
    add("too old", hour=NOON - timedelta(hours=3))
    hours = by_hour(NOON - timedelta(hours=2), NOON + timedelta(minutes=59))
    assert [(hour.begin.hour, hour.counts, hour.total) for hour in hours] == [
        (10, {0: 1}, 1),
        (11, {}, 0),
        (12, {2: 3, 5: 2}, 5),
    ]
    assert hours[2].by_kind == [0, 3, 0, 0, 2, 0]


@pytest.mark.django_db
def test_routes_are_added_up_what_took_most_first() -> None:
    add("quick", count=10)
    add("slow", up_to=1000, count=4)
    add("slow", 5, up_to=2500, count=1)
    add("slow", 0, up_to=LONGER, count=1, hour=NOON + timedelta(hours=1))
    slow, quick = by_route(NOON)
    assert (quick.name, quick.count, quick.failures, quick.mean, quick.most) == ("quick", 10, 0, 2.5, 5)
    assert (slow.name, slow.count, slow.failures, slow.slowest) == ("slow", 6, 2, 20_000)
    assert slow.mean == pytest.approx((4 * 500 + 1250 + 10_000) / 6)
    assert slow.most == 20_000, "as slow as the slowest, not as the limit"
