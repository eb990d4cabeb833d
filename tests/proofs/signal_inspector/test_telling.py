"""Counts are told in words that fit where they stand."""

import pytest
from django.utils import timezone

from signal_inspector.counting import Count, Counts
from signal_inspector.layout import COUNT, NOTE
from signal_inspector.telling import duration, in_short, in_words, told
from signal_inspector.widths import width_of


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 µs"), (0.000_012, "12 µs"), (0.000_999, "999 µs"), (0.001, "1.0 ms"), (0.25, "250.0 ms"), (1, "1.0 s")],
)
def test_a_time_is_told_in_the_unit_that_suits_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_count_is_told_in_short_and_in_words() -> None:
    assert in_short(Count(4, 0.002, 0)) == "4 × 500 µs"
    assert in_short(Count(12_345, 12.345, 1)) == "12k × 1.0 ms, 1 failed"
    assert in_words(Count(1, 0.002, 1)) == "1 call, 2.0 ms each, 2.0 ms in all, 1 failed"
    assert in_words(Count(12_345, 12.345, 0)) == "12,345 calls, 1.0 ms each, 12.3 s in all"
    assert in_words(Count(0, 0.0, 0)) == "0 calls"


@pytest.mark.parametrize("number", [1, 9_999, 999_999, 99_999_999])
@pytest.mark.parametrize("seconds", [0.000_001, 0.999_94, 999.9])
def test_a_short_one_fits_where_it_stands(number: int, seconds: float) -> None:
    assert width_of(in_short(Count(number, number * seconds, number)), NOTE) <= COUNT


def test_a_receiver_of_several_signals_is_told_of_together() -> None:
    by_names = {("a.one", "b.do"): Count(1, 0.001, 0), ("a.two", "b.do"): Count(2, 0.005, 1)}
    found = told(Counts(7, timezone.now(), by_names, Count(0, 0.0, 0)))
    assert found["b.do"] == "3 × 2.0 ms, 1 failed"
    assert found["a.one b.do"] == "1 call, 1.0 ms each, 1.0 ms in all"
    assert "number 7, since" in found["process"]
