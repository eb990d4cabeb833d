"""The system checks say with which settings signals would not be delivered as they should."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from outbox.checks import check_settings

GOOD = {"TRIES": 10, "FIRST_DELAY": 5, "LONGEST_DELAY": 3600, "LEASE": 60}


@pytest.mark.parametrize(
    ("change", "number", "hint"),
    [
        ({"OUTBOX": {}}, 1, "It is a dictionary with the keys TRIES, FIRST_DELAY, LONGEST_DELAY, LEASE."),
        ({"OUTBOX": None}, 1, "It is a dictionary"),
        ({"OUTBOX": GOOD | {"EXTRA": 1}}, 1, "It is a dictionary"),
        ({"OUTBOX": GOOD | {"TRIES": 0}}, 2, "It is a number, how often a receiver is called at most."),
        ({"OUTBOX": GOOD | {"TRIES": 1.5}}, 2, "It is a whole number"),
        ({"OUTBOX": GOOD | {"LEASE": -1}}, 2, "It is a number, seconds."),
        ({"OUTBOX": GOOD | {"LEASE": "60"}}, 2, "It is a number, seconds."),
        ({"OUTBOX": GOOD | {"FIRST_DELAY": True}}, 2, "It is a number, seconds."),
        ({"OUTBOX": GOOD | {"LONGEST_DELAY": float("inf")}}, 2, "It is a number, seconds."),
        ({"OUTBOX": GOOD | {"LONGEST_DELAY": 4}}, 3, "The delays grow"),
        ({"OUTBOX_LAG": 0}, 4, "It is a number of seconds."),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(
    settings: Settings, change: dict[str, Any], number: int, hint: str
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    (finding,) = check_settings()
    assert finding.id == f"outbox.E00{number}"
    assert str(finding.hint).startswith(hint)


@pytest.mark.django_db
def test_good_settings_are_right_and_are_checked(settings: Settings) -> None:
    assert run_checks(databases=["default"]) == []
    settings.OUTBOX = {}
    assert [finding.id for finding in run_checks(databases=["default"])] == ["outbox.E001"]
