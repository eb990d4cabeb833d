"""The system checks report what would leave the door open, and say how to mend it."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connections
from pytest_django import Settings

from auth_tracking.checks import check_settings


@pytest.mark.parametrize(
    ("change", "number", "hint"),
    [
        ({"LOCKOUT_LIMITS": {"name": 5}}, 3, "It has the keys name_and_ip, name, ip, and numbers from 1."),
        (
            {
                "LOCKOUT_STORE": "auth_tracking.stores.RedisStore",
                "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
            },
            5,
            "Set CACHE_URL to a Redis",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(
    settings: Settings, change: dict[str, Any], number: int, hint: str
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    (finding,) = check_settings()
    assert finding.id == f"auth_tracking.E00{number}"
    assert str(finding.hint).startswith(hint)


def test_counts_that_an_error_in_a_view_takes_back_are_warned_of(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LOCKOUT_STORE = "auth_tracking.stores.DatabaseStore"
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    (finding,) = check_settings()
    assert finding.id == "auth_tracking.W006"
    assert str(finding.hint).startswith("Set LOCKOUT_STORE to")


def test_a_backend_that_keeps_capitals_is_warned_of(settings: Settings) -> None:
    ours = settings.AUTHENTICATION_BACKENDS
    settings.AUTHENTICATION_BACKENDS = [*ours, "django.contrib.auth.backends.RemoteUserBackend"]
    (finding,) = check_settings()
    assert finding.id == "auth_tracking.W007"
    assert str(finding.hint).startswith('Use "accounts.backends.RemoteUserBackend"')
    settings.AUTHENTICATION_BACKENDS = [*ours, "accounts.backends.RemoteUserBackend"]
    assert check_settings() == []


@pytest.mark.django_db
def test_the_settings_as_they_are_are_right_and_are_checked(settings: Settings) -> None:
    assert run_checks(databases=["default"]) == []
    settings.LOCKOUT_LIMITS = {}
    assert [finding.id for finding in run_checks(databases=["default"])] == ["auth_tracking.E003"]
