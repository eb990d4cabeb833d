"""Threads make a value that is derived from settings once, and none keeps an old one."""

import threading

import pytest
from django.test import override_settings

from lifecycle import groups, limits
from lifecycle.derived import Derived
from proofs.threads import run_at_once


def test_each_of_several_settings_is_felt() -> None:
    with override_settings(APPLICATION_NAME="", DATABASE_LIMITS={"lock": 1.5}):
        assert limits.wanted() == ["0", "1500", "0", ""]
        with override_settings(APPLICATION_NAME="x"):
            assert limits.wanted()[-1].startswith("x ")
        with override_settings(DATABASE_LIMITS={}):
            assert limits.wanted() == []


def test_a_setting_of_which_nothing_is_made_changes_nothing() -> None:
    before = groups.wanted()
    with override_settings(SITE_NAME="x"):
        assert groups.wanted() is before


def test_threads_make_it_once() -> None:
    made = []

    def make() -> object:
        made.append(object())
        return made[0]

    value = Derived(make)
    results = run_at_once(*[value] * 8)
    assert made == [results[0]]
    assert set(results) == set(made)


def test_none_is_a_value_too() -> None:
    made = []
    value = Derived(lambda: made.append(1))
    assert value() is value() is None
    assert made == [1]


def test_what_was_made_of_the_old_setting_is_not_kept() -> None:
    """One thread makes a value while another changes the setting."""
    setting, reading, changed = ["old"], threading.Event(), threading.Event()

    def make() -> str:
        found = setting[0]
        reading.set()
        changed.wait(10)
        return found

    value = Derived(make)

    def change() -> None:
        reading.wait(10)
        setting[0] = "new"
        changed.set()
        value.forget()

    run_at_once(value, change)
    assert value() == "new"


def test_a_function_that_fails_is_called_again() -> None:
    def make() -> str:
        calls.append(1)
        if len(calls) == 1:
            raise LookupError
        return "made"

    calls: list[int] = []
    value = Derived(make)
    with pytest.raises(LookupError):
        value()
    assert value() == "made"


def test_an_overridden_setting_is_felt_and_so_is_its_end() -> None:
    with override_settings(GROUPS={"Others": ["pages.view_page"]}):
        assert groups.wanted() == {"Others": {("pages", "view_page")}}
    assert "Others" not in groups.wanted()
