"""The system checks say with which settings pages would fail."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from core.checks import check_navigation, check_parts

pytestmark = pytest.mark.django_db  # other checks may ask the database


def found() -> list[str | None]:
    """The findings of this app."""
    return [finding.id for finding in run_checks(databases=["default"]) if str(finding.id).startswith("core.")]


def test_the_settings_as_they_are_are_right() -> None:
    assert found() == []


def test_a_site_without_time_zones_is_refused(settings: Settings) -> None:
    settings.USE_TZ = False
    assert found() == ["core.E001"]


@pytest.mark.parametrize(
    ("row", "number", "message"),
    [
        (("Shop", "shop:home", "anyone"), 2, 'NAVIGATION names "shop:home" for "Shop", and no URL'),
        (("Home", "pages:page", "anyone"), 2, 'NAVIGATION names "pages:page" for "Home", and no URL without arguments'),
        (("Home", "pages:home", "nobody"), 3, 'NAVIGATION shows "Home" to "nobody", and there is no such audience.'),
    ],
)
def test_a_row_of_the_navigation_that_names_nothing(
    settings: Settings, row: tuple[str, str, str], number: int, message: str
) -> None:
    settings.NAVIGATION = [("Home", "pages:home", "anyone"), row]
    assert found() == [f"core.E00{number}"]
    (finding,) = check_navigation()
    assert finding.msg.startswith(message)
    assert finding.hint


def test_a_part_that_names_nothing(settings: Settings) -> None:
    settings.PARTS = {"account": ["accounts/account_panel.html", "shop/panel.html"]}
    assert found() == ["core.E004"]
    (finding,) = check_parts()
    assert finding.msg == 'PARTS names "shop/panel.html" for "account", and there is no such template.'
    assert finding.hint
