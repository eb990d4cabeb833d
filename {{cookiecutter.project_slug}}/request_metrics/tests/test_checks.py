"""``manage.py check`` reports settings with which nothing would be counted, or anybody could read it."""

import pytest
from pytest_django import Settings

from request_metrics.checks import check_settings


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MIDDLEWARE", [], "request_metrics.E001"),
        ("REQUEST_METRICS_FLUSH", -1, "request_metrics.E002"),
        ("REQUEST_METRICS_FLUSH", "10", "request_metrics.E002"),
        ("METRICS_TOKEN", "short", "request_metrics.E003"),
    ],
)
def test_a_wrong_setting_is_reported(settings: Settings, name: str, value: object, expected: str) -> None:
    setattr(settings, name, value)
    assert [message.id for message in check_settings()] == [expected]
