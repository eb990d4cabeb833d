"""The system checks say what would silently not be recorded."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from activity_log import named
from activity_log.checks import check_settings


@pytest.mark.parametrize(
    ("setting", "number", "message"),
    [
        ({"pages.Nothing": {}}, 1, 'ACTIVITY_LOG names "pages.Nothing", and there is no such model.'),
        ({"nonsense": {}}, 1, 'ACTIVITY_LOG names "nonsense", and there is no such model.'),
        ({"activity_log.ActivityEntry": {}}, 2, "ACTIVITY_LOG names its own entries"),
        ({"pages.Page": {"excluded": ["x"]}}, 3, 'ACTIVITY_LOG has "excluded" for "pages.Page", which means nothing.'),
        ({"pages.Page": None}, 3, 'ACTIVITY_LOG has None for "pages.Page".'),
        ({"pages.Page": ["title"]}, 3, """ACTIVITY_LOG has ['title'] for "pages.Page"."""),
        ({"pages.Page": {"exclude": "title"}}, 3, """ACTIVITY_LOG has {'exclude': 'title'} for "pages.Page"."""),
        (["pages.Page"], 3, "ACTIVITY_LOG is no dictionary."),
        ({"pages.Page": {"exclude": ["x"]}}, 4, 'ACTIVITY_LOG has "x" for "pages.Page", which has no such field.'),
        ({"pages.Page": {"secret": ["tag"]}}, 4, 'ACTIVITY_LOG has "tag" for "pages.Page", which has no such field.'),
    ],
)
def test_what_is_wrong_is_told_in_one_line(settings: Settings, setting: Any, number: int, message: str) -> None:
    settings.ACTIVITY_LOG = setting
    named.forget()
    assert isinstance(named.recorded_models(), list)  # as ready() asks, before the check
    (finding,) = check_settings()
    assert finding.id == f"activity_log.E00{number}"
    assert finding.msg.startswith(message)
    assert finding.hint


def test_without_the_middleware_nobody_is_known(settings: Settings) -> None:
    settings.MIDDLEWARE = []
    assert [finding.id for finding in check_settings()] == ["activity_log.E005"]


def test_links_to_many_can_be_left_out(settings: Settings) -> None:
    settings.ACTIVITY_LOG = {"pages.page": {"exclude": ["tags"]}}
    assert check_settings() == []


@pytest.mark.django_db  # other checks may ask the database
def test_the_settings_as_they_are_are_right_and_are_checked(settings: Settings) -> None:
    assert run_checks(databases=["default"]) == []
    settings.ACTIVITY_LOG = {"pages.Nothing": {}}
    assert [finding.id for finding in run_checks(databases=["default"])] == ["activity_log.E001"]
