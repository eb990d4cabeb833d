"""Settings that no relay could work with are refused in the settings."""

import pytest
from pytest_django import Settings

from outbox.checks import check_settings


@pytest.mark.parametrize(
    ("option", "value"),
    [("TRIES", 0), ("LEASE", -1), ("FIRST_DELAY", True), ("LONGEST_DELAY", float("inf")), ("LEASE", float("nan"))],
)
def test_an_odd_number_is_refused(settings: Settings, option: str, value: object) -> None:
    settings.OUTBOX = settings.OUTBOX | {option: value}
    assert [finding.id for finding in check_settings()] == ["outbox.E002"]


@pytest.mark.parametrize(
    "value", [None, {}, {"TRIES": 3, "FIRST_DELAY": 5, "LONGEST_DELAY": 9, "LEASE": 60, "EXTRA": 1}]
)
def test_a_setting_of_another_shape_is_refused(settings: Settings, value: object) -> None:
    settings.OUTBOX = value
    assert [finding.id for finding in check_settings()] == ["outbox.E001"]
