"""Eight checks find what is wrong with receivers, and raise no false alarm."""

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.signals import request_started
from django.db.models.signals import m2m_changed, post_init, post_migrate, post_save, pre_delete
from django.dispatch import Signal
from pytest_django import Settings

from pages.models import Page
from proofs.signal_inspector import receivers
from proofs.signal_inspector.receivers import Shop, narrow, plain, plain_async
from signal_inspector.checks import TESTS, check_receivers

Connect = Callable[..., None]

RECEIVERS = "proofs.signal_inspector.receivers"


def found(*ids: str) -> list[str]:
    """What the checks say of the receivers of these tests: identifiers, or the texts of those with an identifier."""
    findings = [each for each in check_receivers() if RECEIVERS in each.msg]
    if ids:
        return [f"{each.msg} | {each.hint}" for each in findings if each.id in ids]
    # What died in other tests may still be remembered.
    return [str(each.id).removeprefix("signal_inspector.") for each in findings if "W005" not in str(each.id)]


@pytest.fixture(autouse=True)
def tests_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the checks look at the receivers of tests too."""
    monkeypatch.setattr("signal_inspector.checks.TESTS", re.compile("^$"))


def test_the_site_itself_has_no_findings() -> None:
    assert [each for each in run_checks(tags=["signals"]) if "proofs." not in each.msg] == []


def test_what_tests_connect_is_their_own_affair(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def of_a_test(**kwargs: Any) -> None: ...

    connect(post_save, of_a_test)
    named = [each for each in check_receivers() if "of_a_test" in each.msg]
    assert {each.id for each in named} >= {"signal_inspector.W004"}
    monkeypatch.setattr("signal_inspector.checks.TESTS", TESTS)
    assert [each for each in check_receivers() if "of_a_test" in each.msg] == []


@pytest.mark.parametrize("path", ["pages/testing.py", "latest/signals.py", "contest.py", "attest_it.py"])
def test_what_only_sounds_like_a_test_is_none(path: str) -> None:
    assert not TESTS.search(path)


def test_a_method_that_a_package_connects_is_its_own_affair(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    monkeypatch.setattr("signal_inspector.journal._caller", lambda: (subprocess.__file__, 3))
    connect(post_save, Shop.note_all, sender=Page)
    assert found() == []


def test_a_receiver_whose_module_has_two_names(connect: Connect, other_name: ModuleType) -> None:
    connect(post_save, plain, sender=Page, dispatch_uid="one")
    connect(post_save, other_name.plain, sender=Page, dispatch_uid="two")
    (text,) = found("signal_inspector.W003")
    assert text.startswith(f"other_name.plain alias {RECEIVERS}.plain is called 2 times for post_save of pages.Page: ")
    assert "Its module is imported under 2 names: keep to one." in text


def test_once_for_a_model_and_once_for_all_is_twice(connect: Connect) -> None:
    connect(request_started, plain, sender=Shop, dispatch_uid="one")
    connect(request_started, plain, dispatch_uid="two")
    assert found() == ["W003"]


def test_what_may_well_be_there_twice_is_let_alone(connect: Connect) -> None:
    connect(post_save, plain, sender=Page, dispatch_uid="one")
    connect(post_save, plain, sender=Page.tags.through, dispatch_uid="one")
    connect(m2m_changed, plain, sender=Page.tags.through, dispatch_uid="one")
    shops = [Shop(), Shop()]
    made = [receivers.local("one"), receivers.local("two")]
    partials = [functools.partial(plain, 1), functools.partial(plain, 2)]
    for number, receiver in enumerate([*(shop.note for shop in shops), *made, *partials]):
        connect(post_save, receiver, sender=Page, dispatch_uid=f"own {number}")
    assert found() == []


def test_two_lambdas_of_one_file_are_two(connect: Connect) -> None:
    signal = Signal()
    connect(signal, receivers.first, dispatch_uid="first")
    connect(signal, receivers.second, dispatch_uid="second")
    assert found() == []
    connect(signal, receivers.second, dispatch_uid="first")
    assert found() == ["W002"]


@pytest.mark.parametrize(
    "receiver",
    [receivers.local, lambda: functools.partial(plain, 1), lambda: lambda **kwargs: 1],
    ids=["function", "partial", "lambda"],
)
def test_a_local_receiver_that_is_dead(request: pytest.FixtureRequest, receiver: Callable[[], Any]) -> None:
    name = f"Own{request.node.callspec.id}"  # the signal of another test may not have gone yet
    signal, sender = Signal(), type(name, (), {})
    for _ in range(2):
        signal.connect(receiver(), sender=sender, dispatch_uid="one")
    # Told once, though it happened twice.
    (finding,) = [each for each in check_receivers() if f"of proofs.signal_inspector.test_checks.{name}:" in each.msg]
    assert finding.id == "signal_inspector.W005"
    assert "held it after it was connected in proofs/signal_inspector/test_checks.py:" in finding.msg
    assert finding.hint == "Define it at the top of its module, or connect it with weak=False."


def test_an_object_that_went_took_its_methods_along() -> None:
    Signal().connect(Shop().note, dispatch_uid="one")
    assert not any("Shop.note" in text for text in found("signal_inspector.W005"))


def test_a_receiver_that_cannot_take_every_argument(connect: Connect, settings: Settings) -> None:
    settings.DEBUG = False  # with it Django says so itself
    connect(post_save, narrow, sender=Page, dispatch_uid="one")
    connect(post_save, print, sender=Page, dispatch_uid="two", weak=False)
    connect(post_save, receivers.decorated, sender=Page, dispatch_uid="three")
    (text,) = found("signal_inspector.E006")
    assert text.startswith(f"{RECEIVERS}.narrow is connected to post_save of pages.Page, and does not take **kwargs.")


# Under names that no app of the owner's has.
APP = {
    "__init__": "",
    "apps": """
from django.apps import AppConfig
from django.db.models.signals import post_save, pre_delete


class FaultyConfig(AppConfig):
    name = "app_with_faults"

    def ready(self):
        from app_with_faults import late, receivers

        def local(**kwargs):
            pass

        post_save.connect(receivers.bill, sender="pages.Page", dispatch_uid="bill")
        post_save.connect(receivers.bill, sender="pages.Page")
        post_save.connect(receivers.mail, sender="pages.Page", dispatch_uid="bill")
        post_save.connect(local, sender="pages.Page", dispatch_uid="local")
        post_save.connect(receivers.narrow, sender="pages.Page", dispatch_uid="narrow")
        post_save.connect(late.bill, sender="pages.Page", dispatch_uid="late")
        pre_delete.connect(receivers.slow, dispatch_uid="slow")
""",
    "receivers": """
def bill(**kwargs): ...


def mail(**kwargs): ...


def narrow(sender): ...


async def slow(**kwargs): ...
""",
    "late": "import app_with_faults.receivers\n\nbill = app_with_faults.receivers.bill\n",
    "signals": """
from django.core.checks import run_checks
from django.dispatch import receiver
from django.db.models.signals import post_delete


@receiver(post_delete, sender="pages.Page")
def forget(**kwargs): ...
""",
}

SETTINGS = """
from pathlib import Path

from config.settings import *

BASE_DIR = Path(__file__).parent
INSTALLED_APPS += ["app_with_faults"]
ROOT_URLCONF = "app_with_faults_urls"
DEBUG = False
"""


def test_manage_py_check_finds_all_of_them_in_an_app_that_has_them(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "app_with_faults").mkdir()
    for name, text in APP.items():
        (tmp_path / "app_with_faults" / f"{name}.py").write_text(text)
    (tmp_path / "app_with_faults_settings.py").write_text(SETTINGS)
    (tmp_path / "app_with_faults" / "handlers.py").write_text("def bill(sender, **kwargs): ...\n")
    (tmp_path / "app_with_faults_urls.py").write_text("import app_with_faults.handlers\n\nurlpatterns = []\n")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "app_with_faults_settings",
        "PYTHONPATH": str(tmp_path),
        "PYTHONWARNINGS": "",
    }

    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
        )

    ran = manage("check", "--tag", "signals")
    said = [line for line in ran.stderr.splitlines() if line.startswith("?: ")]
    assert [line.split()[1].strip("()").removeprefix("signal_inspector.") for line in said] == [
        *["E006", "W001", "W002", "W003", "W004", "W005", "W007", "W008"]
    ]
    assert ran.returncode == 1
    expected = "The receivers in app_with_faults/signals.py are not connected: nothing imports it."
    assert any(line.endswith(expected) for line in said)
    assert any("app_with_faults.receivers.mail is never called for post_save of pages.Page" in line for line in said)
    assert any("app_with_faults.apps.FaultyConfig.ready.<locals>.local is never called" in line for line in said)
    # The command lists them all the same.
    assert "app_with_faults.receivers.narrow" in manage("signals", "--app", "app_with_faults").stdout


def test_a_model_receiver_without_a_sender(connect: Connect, settings: Settings) -> None:
    connect(post_init, plain, dispatch_uid="one")
    connect(pre_delete, plain, dispatch_uid="one")
    connect(request_started, plain, dispatch_uid="one")
    texts = sorted(found("signal_inspector.W004"))
    assert [text.partition(" without")[0] for text in texts] == [
        f"{RECEIVERS}.plain is connected to post_init",
        f"{RECEIVERS}.plain is connected to pre_delete",
    ]
    assert ["all rows are loaded first" in text for text in texts] == [False, True]
    settings.RECEIVERS_OF_EVERY_MODEL = [f"{RECEIVERS}.plain"]
    assert found() == []


@pytest.mark.parametrize("signal", [post_save, post_migrate])
def test_an_async_receiver_in_transactions(connect: Connect, signal: Signal) -> None:
    connect(signal, plain_async, sender=Page, dispatch_uid="one")
    connect(request_started, plain_async, dispatch_uid="one")
    (text,) = found("signal_inspector.W008")
    assert "an event loop is started and waited for, while the transaction holds its locks" in text
    assert "send_on_commit" in text
