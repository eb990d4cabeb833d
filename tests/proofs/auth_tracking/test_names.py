"""Any name that is typed can be stored and shown, and has a key that only SECRET_KEY can make."""

import pytest
from pytest_django import Settings

from auth_tracking.names import cleaned, name_key


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ada\x00\r\n\x1b[31m", "Ada[31m"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("Zoë 🎈", "Zoë 🎈"),
        ("x" * 1000, "x" * 254),
        (["a", "list"], "['a', 'list']"),
        (None, "None"),
    ],
)
def test_what_cannot_be_printed_is_dropped_and_the_rest_is_cut(text: object, kept: str) -> None:
    assert cleaned(text, 254) == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [("ada@straße.de", "ada@strasse.de"), ("ada@exam\u200cple.com", "ada@example.com"), ("ﬁ@x.org", "fi@x.org")],
)
def test_what_only_looks_alike_may_be_another_account(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("name", ["\x00", "\ud800", "x" * 10_000_000, None, ["a", "list"]])
def test_whatever_is_typed_has_a_key(name: object) -> None:
    assert len(name_key(name)) == 64


def test_the_key_does_not_hold_the_name_and_needs_the_secret_key(settings: Settings) -> None:
    before = name_key("ada@example.com")
    assert len(before) == 64
    assert int(before, 16)
    settings.SECRET_KEY = "another"
    assert name_key("ada@example.com") != before
