"""``manage.py check`` reports settings that leave the door open."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


def findings(*, deploy: bool = False) -> list[str]:
    """What the checks of this app report."""
    found = run_checks(tags=["security"], include_deployment_checks=deploy)
    return [str(finding.id) for finding in found if str(finding.id).startswith("auth_tracking.")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"]}, ["auth_tracking.E001"]),
        ({"MIDDLEWARE": []}, ["auth_tracking.E002"]),
        ({"MIDDLEWARE": [], "LOCKOUT": False}, []),
        ({"LOCKOUT_LIMITS": {"name_and_ip": 0, "name": 5, "ip": 5}}, ["auth_tracking.E003"]),
        ({"LOCKOUT_WINDOW": 0}, ["auth_tracking.E004"]),
    ],
)
def test_wrong_settings_are_reported(settings: Settings, change: dict[str, Any], expected: list[str]) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    assert findings() == expected


def test_a_proxy_that_would_be_taken_for_every_visitor_is_reported(settings: Settings) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert findings(deploy=True) == ["auth_tracking.W011"]
    settings.TRUSTED_PROXY_COUNT = 1
    assert findings(deploy=True) == []
