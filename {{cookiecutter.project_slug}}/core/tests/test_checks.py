"""``manage.py check`` finds settings with which pages would fail."""

import pytest
from django.core.checks.registry import registry
from pytest_django import Settings

from core.checks import check_navigation, check_parts, check_time_zone


def test_manage_py_check_runs_these_checks() -> None:
    assert {check_navigation, check_parts, check_time_zone} <= set(registry.get_checks())


def test_the_settings_as_they_are_pass() -> None:
    assert check_time_zone() + check_navigation() + check_parts() == []


def test_a_site_needs_time_zones(settings: Settings) -> None:
    settings.USE_TZ = False
    assert [finding.id for finding in check_time_zone()] == ["core.E001"]


@pytest.mark.parametrize(
    ("link", "error"),
    [
        (("Shop", "no-such-name", "anyone"), "core.E002"),
        (("New password", "password_reset_confirm", "anyone"), "core.E002"),  # takes arguments
        (("Sign in", "login", "nobody"), "core.E003"),
    ],
)
def test_a_navigation_link_needs_a_url_and_an_audience(
    settings: Settings, link: tuple[str, str, str], error: str
) -> None:
    settings.NAVIGATION = [link]
    assert [finding.id for finding in check_navigation()] == [error]


def test_a_part_needs_a_template(settings: Settings) -> None:
    settings.PARTS = {"account": ["shop/panel.html"]}
    assert [finding.id for finding in check_parts()] == ["core.E004"]
