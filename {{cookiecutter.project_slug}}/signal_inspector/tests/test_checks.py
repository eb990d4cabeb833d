"""``manage.py check`` finds receivers that are connected wrongly, and says nothing of others."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.signals import request_started
from django.db.models.signals import post_save
from pytest_django import Settings

from signal_inspector.tests.receivers import index, index_async, narrow, sell
from testing.models import Category, Product

Connect = Callable[..., None]


@pytest.fixture(autouse=True)
def receivers_of_tests_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Usually they are left out: tests connect as they please."""
    monkeypatch.setattr("signal_inspector.checks.TESTS", re.compile("^$"))


def findings(text: str = "signal_inspector.tests.receivers.") -> list[str]:
    """What is found of the receivers of these tests."""
    return [str(each.id).removeprefix("signal_inspector.") for each in run_checks(tags=["signals"]) if text in each.msg]


def test_a_receiver_that_is_connected_well(connect: Connect) -> None:
    connect(post_save, index, sender=Product, dispatch_uid="index")
    connect(post_save, index, sender=Category, dispatch_uid="index")
    connect(request_started, index, dispatch_uid="index")
    assert findings() == []


def test_a_receiver_without_a_uid(connect: Connect) -> None:
    connect(post_save, index, sender=Product)
    assert findings() == ["W001"]


def test_a_receiver_that_is_never_called_since_another_has_its_uid(connect: Connect) -> None:
    connect(post_save, sell, sender=Product, dispatch_uid="index")
    connect(post_save, index, sender=Product, dispatch_uid="index")
    assert findings() == ["W002"]


def test_a_receiver_that_is_called_twice(connect: Connect) -> None:
    connect(post_save, index, sender=Product, dispatch_uid="one")
    connect(post_save, index, sender=Product, dispatch_uid="two")
    assert findings() == ["W003"]


def test_a_receiver_of_every_model_unless_it_is_meant_to_be(connect: Connect, settings: Settings) -> None:
    connect(post_save, index, dispatch_uid="index")
    assert findings() == ["W004"]
    settings.RECEIVERS_OF_EVERY_MODEL = ["signal_inspector.tests.receivers.index"]
    assert findings() == []


def test_a_local_receiver_that_nothing_holds() -> None:
    def local(**kwargs: Any) -> None: ...

    post_save.connect(local, sender=Product, dispatch_uid="local")
    name = f"{local.__module__}.{local.__qualname__}"
    del local
    assert findings(name) == ["W005"]


def test_a_receiver_that_does_not_take_every_argument(connect: Connect, settings: Settings) -> None:
    settings.DEBUG = False  # else Django refuses it
    connect(post_save, narrow, sender=Product, dispatch_uid="narrow")
    assert findings() == ["E006"]


def test_receivers_in_a_module_that_nothing_imports(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "handlers.py").write_text("@receiver(post_save)\ndef index(sender, **kwargs): ...\n")
    settings.BASE_DIR = tmp_path
    monkeypatch.setattr(apps.get_app_config("testing"), "path", str(tmp_path))
    assert findings("handlers.py") == ["W007"]


def test_an_async_receiver_within_transactions(connect: Connect) -> None:
    connect(post_save, index_async, sender=Product, dispatch_uid="index")
    assert findings() == ["W008"]
