"""Whatever is wrong with groups, limits or ``write_once`` is reported, and what is right is left alone."""

from typing import Any

import pytest
from pytest_django import Settings

from lifecycle import checks, write_once
from pages.models import Page


@pytest.mark.parametrize(
    ("groups", "number"),
    [
        ({"Editors": "pages.add_page"}, 1),
        ({7: []}, 2),
        ({"x" * 151: []}, 2),
        ({"Editors": ["page.add_page"]}, 3),
        ({"Editors": ["core.add_page"]}, 3),
        ({"Editors": ["add_page"]}, 3),
        ({"Editors": [None]}, 3),
    ],
)
def test_groups(settings: Settings, groups: Any, number: int) -> None:
    settings.GROUPS = groups
    assert [finding.id for finding in checks.check_groups()] == [f"lifecycle.E00{number}"]


def test_permissions_of_a_models_own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page._meta, "permissions", [("publish_page", "Can publish")])
    settings.GROUPS = {"Editors": ["pages.publish_page"]}
    assert checks.check_groups() == []


@pytest.mark.parametrize("limits", [None, {"lock": True}, {"lock": -1}])
def test_limits(settings: Settings, limits: Any) -> None:
    settings.DATABASE_LIMITS = limits
    assert [finding.id for finding in checks.check_limits()] == ["lifecycle.E004"]


@pytest.mark.parametrize("limits", [{}, {"lock": 0}, {"statement": 0.5, "lock": 1, "idle_transaction": 2_000_000}])
def test_limits_that_are_right(settings: Settings, limits: Any) -> None:
    settings.DATABASE_LIMITS, settings.APPLICATION_NAME = limits, ""
    assert checks.check_limits() == []


@pytest.mark.parametrize("name", ["tags", "id", []])
def test_write_once(monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    monkeypatch.setattr(Page, "write_once", (name,))
    assert [finding.id for finding in checks.check_write_once()] == ["lifecycle.E006"]


def test_a_write_once_that_is_wrong_guards_nothing_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "write_once", "created_at")
    assert write_once.fields_of.__wrapped__(Page) == ()
