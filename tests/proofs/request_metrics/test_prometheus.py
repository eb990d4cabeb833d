"""Metrics are valid in Prometheus' text format: escaped labels, cumulative histograms."""

import re
from datetime import UTC, datetime

import pytest

from request_metrics.buffer import LIMITS, LONGER, Batch, CountKey, FailureKey, Seen
from request_metrics.prometheus import escaped, exposition
from request_metrics.storage import store

pytestmark = pytest.mark.django_db

HOUR = int(datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()) // 3600
SAMPLE = re.compile(r'[a-z_]+\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\} [0-9.e+-]+')


@pytest.fixture
def lines() -> list[str]:
    """Of two hours, and of answers that came and did not."""
    batch = Batch()
    batch.count(CountKey(HOUR, "pages:home", 2, 5), 2, 0.004, 0.003)
    batch.count(CountKey(HOUR + 1, "pages:home", 2, 5), 1, 0.001, 0.001)
    batch.count(CountKey(HOUR, "pages:home", 2, 100), 1, 0.075, 0.075)
    batch.count(CountKey(HOUR, "pages:home", 2, LONGER), 1, 20, 20)
    batch.count(CountKey(HOUR, "pages:page", 0, 5), 1, 0.001, 0.001)
    batch.count_failure(FailureKey("E", 'a "place"\\\n', "pages:home"), Seen(3, 1, 2))
    store(batch)
    text = exposition()
    assert text.endswith("\n")
    return text.splitlines()


def test_each_line_is_a_sample_or_a_comment(lines: list[str]) -> None:
    for line in lines:
        assert re.fullmatch(r"# (HELP|TYPE) \w+ .+", line) or SAMPLE.fullmatch(line), line
    names = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE")}
    assert names == {
        "http_requests_total": "counter",
        "http_request_duration_seconds": "histogram",
        "request_failures_total": "counter",
    }


def test_a_histogram_is_cumulative(lines: list[str]) -> None:
    name, whose = "http_request_duration_seconds", 'route="pages:home",status="2xx"'
    found = [line for line in lines if line.startswith(name) and whose in line]
    limits = [*(str(limit / 1000) for limit in LIMITS), "+Inf"]
    expected = [name + "_bucket{" + whose + f',le="{limit}"}} ' for limit in limits]
    expected += [name + "_sum{" + whose + "} ", name + "_count{" + whose + "} "]
    values = [3, 3, 3, 3, *[4] * (len(LIMITS) - 4), 5, 20.08, 5]
    assert found == [f"{line}{value}" for line, value in zip(expected, values, strict=True)]


def test_failures_tell_where(lines: list[str]) -> None:
    assert lines[-1] == r'request_failures_total{type="E",place="a \"place\"\\\n",route="pages:home"} 3'


def test_nothing_ends_a_label() -> None:
    assert escaped('\\"\n') == r"\\\"\n"


def test_requests_of_all_hours_are_counted(lines: list[str]) -> None:
    assert [line for line in lines if line.startswith("http_requests_total")] == [
        'http_requests_total{route="pages:home",status="2xx"} 5',
        'http_requests_total{route="pages:page",status="none"} 1',
    ]
