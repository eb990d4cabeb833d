"""model-bakery makes users and pages, with the setting that the README names."""

import ast
import re

import pytest
from django.apps import apps
from model_bakery import baker
from pytest_django import Settings

from accounts.models import User


@pytest.mark.django_db
def test_users_are_made_and_so_is_what_belongs_to_them(settings: Settings) -> None:
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    (setting,) = re.findall(r"^BAKER_CUSTOM_FIELDS_GEN = (\{.+?\})$", readme, re.DOTALL | re.MULTILINE)
    settings.BAKER_CUSTOM_FIELDS_GEN = ast.literal_eval(setting)
    user = baker.make(User)
    assert User.objects.get() == user
    assert user.email == user.email.lower() != ""
    assert baker.make("pages.Page", author=user).author == user
    if apps.is_installed("profiles"):
        assert user.profile
