"""The system checks say with which settings pages would fail."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

pytestmark = pytest.mark.django_db  # other checks may ask the database


def found() -> list[str | None]:
    """The findings of this app."""
    return [finding.id for finding in run_checks(databases=["default"]) if str(finding.id).startswith("core.")]


def test_the_settings_as_they_are_are_right() -> None:
    assert found() == []


def test_a_site_without_time_zones_is_refused(settings: Settings) -> None:
    settings.USE_TZ = False
    assert found() == ["core.E001"]
