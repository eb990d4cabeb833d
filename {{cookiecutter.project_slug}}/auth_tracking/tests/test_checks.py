"""``manage.py check`` reports settings that leave the door open."""

from typing import Any

import pytest
from pytest_django import Settings

from auth_tracking.checks import check_proxies, check_settings


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        ({}, []),
        ({"AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]}, ["auth_tracking.E001"]),
        ({"MIDDLEWARE": []}, ["auth_tracking.E002"]),
        ({"MIDDLEWARE": [], "LOCKOUT": False}, []),
        ({"LOCKOUT_LIMITS": {"name_and_ip": 0, "name": 5, "ip": 5}}, ["auth_tracking.E003"]),
        ({"LOCKOUT_WINDOW": 0}, ["auth_tracking.E004"]),
    ],
)
def test_wrong_settings_are_reported(settings: Settings, change: dict[str, Any], findings: list[str]) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    assert [finding.id for finding in check_settings()] == findings


def test_a_proxy_that_would_be_taken_for_every_visitor_is_reported(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert [finding.id for finding in check_proxies()] == ["auth_tracking.W011"]
    settings.TRUSTED_PROXY_COUNT = 1
    assert check_proxies() == []
