"""The inspector of a site finds what installed packages connect, and warns of none of it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import FEATURES, succeed

SETTINGS = """
from config.settings import *

INSTALLED_APPS += [
    *["wagtail", "wagtail.admin", "wagtail.documents", "wagtail.images", "wagtail.search", "wagtail.sites"],
    *["wagtail.snippets", "wagtail.users", "wagtail.contrib.redirects", "modelcluster", "taggit"],
    *["allauth", "allauth.account", "allauth.mfa", "allauth.socialaccount", "allauth.usersessions"],
    "django.contrib.humanize",  # and the debug toolbar, which the site has in development
]
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
WAGTAIL_SITE_NAME = "Library"
WAGTAILADMIN_BASE_URL = "https://example.com"
"""


@pytest.mark.whole
def test_installed_packages_are_listed_and_no_false_alarm_is_raised(generate: Callable[..., Path]) -> None:
    site = generate()
    (site / "with_others.py").write_text(SETTINGS, encoding="utf-8")
    packages = ("--with", "django-allauth[mfa]>=65", "--with", "wagtail>=7")

    def manage(*arguments: str) -> str:
        return succeed("uv", "run", *packages, "manage.py", *arguments, "--settings=with_others", cwd=site)

    # A warning goes to standard error; with this level it would fail.
    assert "no issues" in manage("check", "--tag", "signals", "--fail-level", "WARNING")
    found = {each["receiver"]: each for each in json.loads(manage("signals", "--json"))}
    images = found["wagtail.images.signal_handlers.post_delete_file_cleanup"]
    assert (images["signal"], images["app"], images["project"]) == (
        "django.db.models.signals.post_delete",
        "wagtailimages",
        False,
    )
    assert "wagtail.signals.page_slug_changed" in {each["signal"] for each in found.values()}
    assert any(name.startswith("allauth.") for name in found)
    assert all(each["file"] and each["line"] for each in found.values())


@pytest.mark.whole
@pytest.mark.parametrize(
    "chosen",
    [
        dict.fromkeys(FEATURES, True),
        dict.fromkeys(FEATURES, True) | {"activity_log": False, "auth_tracking": False, "notifications": False},
        dict.fromkeys(FEATURES, False) | {"signal_inspector": True},
    ],
    ids=["everything", "less", "nothing else"],
)
def test_the_readme_of_a_site_shows_what_its_commands_print(
    generate: Callable[..., Path], chosen: dict[str, bool]
) -> None:
    site = generate(**chosen)
    readme = (site / "README.md").read_text(encoding="utf-8")
    for arguments in ("--on pages.Page.save", "--signal user_logged_in --app auth"):
        printed = succeed("uv", "run", "manage.py", "signals", *arguments.split(), cwd=site, env={"COLUMNS": "80"})
        assert f"$ uv run manage.py signals {arguments}\n{printed}```\n" in readme
