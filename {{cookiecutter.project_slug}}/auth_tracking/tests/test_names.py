"""Typed names: what is kept of them, and which are the same."""

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
    "spelling",
    ["ADA@example.com", "ａｄａ@example.com", " ada@example.com ", "ada\u200b@example.com", "ada@example.com\x00"],
)
def test_no_spelling_of_a_name_is_another_name(spelling: str) -> None:
    assert name_key(spelling) == name_key("ada@example.com")


@pytest.mark.parametrize(("one", "other"), [("straße", "STRASSE"), ("é", "e\u0301"), ("İ", "i̇"), ("ﬁ", "FI")])
def test_case_and_unicode_form_make_no_difference(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_the_key_does_not_hold_the_name_and_needs_the_secret_key(settings: Settings) -> None:
    before = name_key("ada@example.com")
    assert len(before) == 64
    assert int(before, 16)
    settings.SECRET_KEY = "another"
    assert name_key("ada@example.com") != before
