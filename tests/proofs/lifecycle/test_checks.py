"""The system checks say what would do nothing, or not what it looks like."""

from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from lifecycle import checks, write_once
from pages.models import Page


def test_the_site_as_it_is_has_nothing_wrong() -> None:
    assert checks.check_groups() + checks.check_limits() + checks.check_write_once() == []


def test_they_are_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.GROUPS = {"Editors": ["pages.ad_page"]}
    settings.DATABASE_LIMITS = {"locks": 1}
    monkeypatch.setattr(Page, "write_once", ("made_at",))
    found = {finding.id for finding in run_checks()}
    assert {"lifecycle.E003", "lifecycle.E004", "lifecycle.E006"} <= found


@pytest.mark.parametrize(
    ("groups", "number", "message", "hint"),
    [
        (["Editors"], 1, "GROUPS is no dictionary of lists.", 'One is {"Editors": ["pages.add_page"]}.'),
        ({"Editors": "pages.add_page"}, 1, "GROUPS is no dictionary of lists.", "One is"),
        ({"": []}, 2, "GROUPS has '' for the name of a group.", "It has 1 to 150 letters."),
        ({7: []}, 2, "GROUPS has 7 for the name of a group.", "It has 1 to 150 letters."),
        ({"x" * 151: []}, 2, "GROUPS has 'xxx", "It has 1 to 150 letters."),
        (
            {"Editors": ["pages.ad_page"]},
            3,
            """GROUPS has 'pages.ad_page' for "Editors", and there is no such permission.""",
            "Those of pages are add_page, add_tag, change_page",
        ),
        ({"Editors": ["page.add_page"]}, 3, "GROUPS has 'page.add_page'", 'There is no app "page". The apps are '),
        ({"Editors": ["core.add_page"]}, 3, "GROUPS has 'core.add_page'", "Those of core are none."),
        ({"Editors": ["add_page"]}, 3, "GROUPS has 'add_page'", 'A permission is named like "pages.add_page".'),
        ({"Editors": [None]}, 3, "GROUPS has None", 'A permission is named like "pages.add_page".'),
    ],
)
def test_groups(settings: Settings, groups: Any, number: int, message: str, hint: str) -> None:
    settings.GROUPS = groups
    (finding,) = checks.check_groups()
    assert finding.id == f"lifecycle.E00{number}"
    assert finding.msg.startswith(message)
    assert str(finding.hint).startswith(hint)


def test_permissions_of_a_models_own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page._meta, "permissions", [("publish_page", "Can publish")])
    settings.GROUPS = {"Editors": ["pages.publish_page"]}
    assert checks.check_groups() == []


@pytest.mark.parametrize(
    ("limits", "message", "hint"),
    [
        (None, "DATABASE_LIMITS is None.", "It is a dictionary; an empty one for no limits."),
        (
            {"locks": 5},
            "DATABASE_LIMITS has 'locks', which means nothing.",
            "It has statement, lock, idle_transaction.",
        ),
        ({"lock": "5"}, """DATABASE_LIMITS has '5' for "lock".""", "It is a number of seconds, at most 2000000; 0 for"),
        ({"lock": True}, 'DATABASE_LIMITS has True for "lock".', "It is a number"),
        ({"lock": -1}, 'DATABASE_LIMITS has -1 for "lock".', "It is a number"),
        ({"lock": 10**9}, 'DATABASE_LIMITS has 1000000000 for "lock".', "It is a number"),
        ({"lock": float("nan")}, 'DATABASE_LIMITS has nan for "lock".', "It is a number"),
    ],
)
def test_limits(settings: Settings, limits: Any, message: str, hint: str) -> None:
    settings.DATABASE_LIMITS = limits
    (finding,) = checks.check_limits()
    assert (finding.id, finding.msg) == ("lifecycle.E004", message)
    assert str(finding.hint).startswith(hint)


@pytest.mark.parametrize("limits", [{}, {"lock": 0}, {"statement": 0.5, "lock": 1, "idle_transaction": 2_000_000}])
def test_limits_that_are_right(settings: Settings, limits: Any) -> None:
    settings.DATABASE_LIMITS, settings.APPLICATION_NAME = limits, ""
    assert checks.check_limits() == []


def test_a_name_that_is_no_text(settings: Settings) -> None:
    settings.APPLICATION_NAME = None
    (finding,) = checks.check_limits()
    assert (finding.id, finding.msg) == ("lifecycle.E004", "APPLICATION_NAME is None.")


@pytest.mark.parametrize(
    ("names", "number", "message", "hint"),
    [
        (
            ("created",),
            6,
            "pages.Page.write_once has 'created', and there is no such field.",
            "The fields are title, slug, body, author, published_at, created_at, updated_at.",
        ),
        (("tags",), 6, "pages.Page.write_once has 'tags', and there is no such field.", "The fields are"),
        (("id",), 6, "pages.Page.write_once has 'id', and there is no such field.", "The fields are"),
        (([],), 6, "pages.Page.write_once has [], and there is no such field.", "The fields are"),
        ("created_at", 5, "pages.Page.write_once is 'created_at'.", 'It is a tuple, such as ("created_at",).'),
    ],
)
def test_write_once(monkeypatch: pytest.MonkeyPatch, names: Any, number: int, message: str, hint: str) -> None:
    monkeypatch.setattr(Page, "write_once", names)
    (finding,) = checks.check_write_once()
    assert (finding.id, finding.msg) == (f"lifecycle.E00{number}", message)
    assert str(finding.hint).startswith(hint)


def test_a_write_once_that_is_wrong_guards_nothing_and_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "write_once", "created_at")
    assert write_once.fields_of.__wrapped__(Page) == ()
