"""A diff of any two values takes little space, comes to an end, and is no error."""

from typing import Any

import pytest
from django.db.models import DateTimeField

from activity_log.diffs import Part, changes, compare, parts
from activity_log.models import ActivityEntry


def plain(parts: list[Part]) -> str:
    """A diff as text."""
    marks = {"": "{}", "del": "[-{}-]", "ins": "[+{}+]"}
    return "".join(marks[part.kind].format(part.text) for part in parts)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ([1, 2.5], "[-1-] [+2.5+]"),
        ([{"key": 1, "label": "Ada"}, {"key": 2, "label": None}], "[-Ada (1)-] [+2+]"),
        ([{"a": 1}, [1, None]], '[-{"a": 1}-] [+[1, null]+]'),
        (["2026-01-02T03:04:05.678901+00:00", None], "[-2026-01-02 03:04:05-]"),
        ({"removed": [{"key": 1, "label": "a"}]}, "[-a (1)-]"),
        (["one\ntwo", "one\r\ntwo"], ""),
        (
            ["2026-01-02T03:04:05.6+00:00", "2026-01-02T03:04:05+00:00"],
            "[-2026-01-02T03:04:05.6+00:00-] [+2026-01-02T03:04:05+00:00+]",
        ),
    ],
    ids=str,
)
def test_of_each_sort_of_change(change: Any, told: str, settings: Any) -> None:
    settings.TIME_ZONE = "UTC"
    assert plain(parts(DateTimeField() if "2026-" in str(change) else None, change)) == told


@pytest.mark.parametrize(
    "text", ["2020-99-99T00:00:00+00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"]
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_time_that_cannot_be_told_is_no_error(text: str, zone: str, settings: Any) -> None:
    settings.TIME_ZONE = zone
    assert plain(parts(DateTimeField(), [None, text])).startswith("[+")
    assert plain(parts(None, [None, text])) == f"[+{text}+]"  # a text that looks like a time


def test_of_very_many_links_the_first() -> None:
    told = plain(parts(None, {"added": [{"key": n, "label": "x"} for n in range(10_000)]}))
    assert told.endswith("(10,000 in all)")
    assert len(told) < 1000


def test_what_no_page_can_hold_is_no_error() -> None:
    assert plain(parts(None, [{"a": "\ud800"}, "\ud800"])) == '[-{"a": "?"}-] [+?+]'


def test_several_lines() -> None:
    assert plain(compare("a\nb\nc", "a\nB\nc")) == "a\n[-b\n-][+B\n+]c"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Seek,\nand find.", "Seek,\nand find. More.", "Seek,\nand find.[+ More.+]"),
        ("Seek,\nand find. More.", "Seek,\nand find.", "Seek,\nand find.[- More.-]"),
        ("One.\n\nTwo.", "One. More.\n\nTwo. More.", "One.[-\n\n-][+ More.\n\n+]Two.[+ More.+]"),
        ("One. Two.\nThree.", "One.\nTwo.\nThree.", "One.[- -][+\n+]Two.\nThree."),
    ],
)
def test_a_word_that_stays_is_not_shown_as_changed(old: str, new: str, told: str) -> None:
    assert plain(compare(old, new)) == told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a " * 500_000, "b " * 500_000),
        ("x" * 10**6, "y" * 10**6),
        ("a " * 500_000, "a " * 499_999 + "b "),
        ("\n" * 10**6, " " * 10**6),
        ("a b " * 49, "b a " * 49),
        ("a a b " * 33, "a b a " * 33),
        ("same " * 250_000, ""),
        ("".join(f"{n % 7} " for n in range(20_000)), "".join(f"{n % 11} " for n in range(20_000))),
    ],
    ids=range(8),
)
def test_it_takes_little_space_and_comes_to_an_end(old: str, new: str) -> None:
    assert len(plain(compare(old, new))) < 3000


@pytest.mark.parametrize("model", ["no.such", "nonsense", ""])
def test_of_a_model_that_is_gone(model: str) -> None:
    (change,) = changes(ActivityEntry(model=model, changes={"title": ["a", "b"]}))
    assert (change.field, plain(change.parts)) == ("title", "[-a-] [+b+]")


@pytest.mark.parametrize("change", [[1], [1, 2, 3], {"added": 1}, {}, "text", 5, True])
def test_what_nobody_wrote_is_no_error(change: Any) -> None:
    assert isinstance(parts(None, change), list)
