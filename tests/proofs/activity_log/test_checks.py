"""Whatever is wrong with ``ACTIVITY_LOG``, the site starts, and the system checks report it."""

from typing import Any

import pytest
from pytest_django import Settings

from activity_log import named
from activity_log.checks import check_settings


@pytest.mark.parametrize(
    ("setting", "number"),
    [
        ({"nonsense": {}}, 1),
        ({"activity_log.ActivityEntry": {}}, 2),
        ({"pages.Page": None}, 3),
        ({"pages.Page": ["title"]}, 3),
        ({"pages.Page": {"exclude": "title"}}, 3),
        (["pages.Page"], 3),
        ({"pages.Page": {"secret": ["tag"]}}, 4),
    ],
)
def test_what_is_wrong_is_left_to_the_check(settings: Settings, setting: Any, number: int) -> None:
    settings.ACTIVITY_LOG = setting
    named.forget()
    assert isinstance(named.recorded_models(), list)  # as ready() asks, before the check
    assert [finding.id for finding in check_settings()] == [f"activity_log.E00{number}"]


def test_links_to_many_can_be_left_out(settings: Settings) -> None:
    settings.ACTIVITY_LOG = {"pages.page": {"exclude": ["tags"]}}
    assert check_settings() == []
