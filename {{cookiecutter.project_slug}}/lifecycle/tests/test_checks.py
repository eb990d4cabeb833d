"""System checks find mistakes in the settings and in ``write_once``."""

from typing import Any

import pytest
from django.core.checks.registry import registry
from pytest_django import Settings

from lifecycle import checks
from testing.models import Product


@pytest.mark.parametrize(
    ("setting", "value", "finding"),
    [
        ("GROUPS", ["Stock keepers"], "lifecycle.E001"),
        ("GROUPS", {"": []}, "lifecycle.E002"),
        ("GROUPS", {"Stock keepers": ["testing.sell_product"]}, "lifecycle.E003"),
        ("DATABASE_LIMITS", {"locks": 1}, "lifecycle.E004"),
        ("DATABASE_LIMITS", {"lock": "1"}, "lifecycle.E004"),
        ("DATABASE_LIMITS", {"lock": 10**9}, "lifecycle.E004"),
        ("DATABASE_LIMITS", {"lock": float("nan")}, "lifecycle.E004"),
        ("APPLICATION_NAME", None, "lifecycle.E004"),
    ],
)
def test_a_mistake_in_the_settings_is_found(settings: Settings, setting: str, value: Any, finding: str) -> None:
    setattr(settings, setting, value)
    assert [found.id for found in checks.check_groups() + checks.check_limits()] == [finding]


@pytest.mark.parametrize(
    ("write_once", "finding"), [("created_at", "lifecycle.E005"), (("made_at",), "lifecycle.E006")]
)
def test_a_mistake_in_a_model_is_found(monkeypatch: pytest.MonkeyPatch, write_once: Any, finding: str) -> None:
    monkeypatch.setattr(Product, "write_once", write_once)
    assert {found.id for found in checks.check_write_once()} == {finding}


def test_manage_py_check_runs_them() -> None:
    assert {checks.check_groups, checks.check_limits, checks.check_write_once} <= set(registry.get_checks())
