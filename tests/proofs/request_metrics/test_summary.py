"""The chart shows one failure among thousands, and 95 of 100 requests are within the limit that is shown."""

from datetime import UTC, datetime

import pytest

from request_metrics.buffer import LONGER
from request_metrics.summary import HEIGHT, LEAST, Hour, bars, quantile

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


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
