"""System checks catch mistakes that would leave changes unrecorded."""

from typing import Any

import pytest
from django.core.checks.registry import registry
from pytest_django import Settings

from activity_log.checks import check_settings


@pytest.mark.parametrize(
    ("setting", "finding"),
    [
        ({"testing.Nothing": {}}, "activity_log.E001"),
        ({"activity_log.ActivityEntry": {}}, "activity_log.E002"),
        (["testing.Product"], "activity_log.E003"),
        ({"testing.Product": {"excluded": ["name"]}}, "activity_log.E003"),
        ({"testing.Product": {"exclude": ["weight"]}}, "activity_log.E004"),
    ],
)
def test_a_mistake_in_the_setting_is_found(settings: Settings, setting: Any, finding: str) -> None:
    settings.ACTIVITY_LOG = setting
    assert [found.id for found in check_settings()] == [finding]


def test_a_missing_middleware_is_found(settings: Settings) -> None:
    settings.MIDDLEWARE = []
    assert [found.id for found in check_settings()] == ["activity_log.E005"]


def test_manage_py_check_runs_it() -> None:
    assert {check_settings} <= set(registry.get_checks())
