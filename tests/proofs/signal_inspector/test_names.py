"""Signals, senders and receivers of every kind are named by where they are defined."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MethodType
from typing import Any

import django.contrib.auth
import django.test.signals
import pytest
from django.apps import apps
from django.conf import settings
from django.db.models.signals import class_prepared, post_save
from django.dispatch import Signal
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from core.signals import rows_written
from pages.models import Page
from proofs.signal_inspector import receivers
from proofs.signal_inspector.receivers import Shop
from signal_inspector import names
from signal_inspector.connections import Connection
from signal_inspector.names import (
    all_signals,
    app_of,
    belongs_to_project,
    place_of,
    receiver_name,
    sender_name,
    short_place,
    signal_name,
)
from signal_inspector.trace import traced

BASE = Path(settings.BASE_DIR)
TESTS = "proofs.signal_inspector.receivers"


class OwnSignal(Signal):
    """A class of signals of somebody's own."""


@pytest.mark.parametrize(
    ("signal", "name"),
    [
        (post_save, "django.db.models.signals.post_save"),
        (class_prepared, "django.db.models.signals.class_prepared"),
        (django.test.signals.setting_changed, "django.core.signals.setting_changed"),
        (django.contrib.auth.user_logged_in, "django.contrib.auth.signals.user_logged_in"),
        (rows_written, "core.signals.rows_written"),
        (receivers.plain_sent, f"{TESTS}.plain_sent"),
        (Shop.opened, f"{TESTS}.Shop.opened"),
    ],
)
def test_a_signal_is_called_by_where_it_is_defined(signal: Signal, name: str) -> None:
    assert signal_name(signal) == name


def test_a_signal_that_nothing_names_is_found_all_the_same() -> None:
    signal = OwnSignal()
    assert any(found is signal for found in all_signals())
    assert signal_name(signal) == "<unnamed OwnSignal>"


def test_each_signal_is_found_once_and_those_that_are_gone_are_not() -> None:
    before = len(all_signals())
    signal = Signal()
    assert len(all_signals()) == before + 1
    del signal
    assert len(all_signals()) == before


def test_looking_for_signals_evaluates_nothing() -> None:
    evaluated: list[int] = []
    lazy = SimpleLazyObject(lambda: evaluated.append(1))
    vars(names)["lazy"] = lazy
    try:
        all_signals()
        signal_name(Signal())
    finally:
        del vars(names)["lazy"]
    assert not evaluated


def test_a_signal_is_found_where_the_garbage_collector_does_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    # gc.freeze(), which a server may call before it forks, hides all there is from get_objects().
    monkeypatch.setattr("gc.get_objects", list)
    assert any(signal is post_save for signal in all_signals())


@pytest.mark.parametrize(
    ("receiver", "name"),
    [
        (receivers.plain, f"{TESTS}.plain"),
        (receivers.decorated, f"{TESTS}.decorated"),
        (Shop().note, f"{TESTS}.Shop.note"),
        (Shop.note_all, f"{TESTS}.Shop.note_all"),
        (Shop(), f"{TESTS}.Shop()"),
        (receivers.local(), f"{TESTS}.local.<locals>.note"),
        (receivers.RECEIVERS["lambda"], f"{TESTS}.<lambda>"),
        (functools.partial(receivers.plain, 1), f"partial({TESTS}.plain)"),
        (print, "builtins.print"),
        ([].append, "list.append"),
    ],
)
def test_receivers_of_all_sorts_have_names(receiver: Callable[..., Any], name: str) -> None:
    assert receiver_name(receiver) == name


@pytest.mark.parametrize(
    ("receiver", "text"),
    [
        (receivers.plain, "def plain("),
        (receivers.plain_async, "async def plain_async("),
        (receivers.decorated, "def decorated("),
        (Shop().note, "def note("),
        (Shop(), "def __call__("),
        (functools.partial(functools.partial(receivers.plain)), "def plain("),
        (receivers.RECEIVERS["lambda"], "RECEIVERS: dict"),
    ],
)
def test_a_place_is_that_of_the_def(receiver: Callable[..., Any], text: str) -> None:
    file, line = place_of(receiver)
    assert file == str(Path(inspect.getfile(receivers)).absolute())
    assert Path(file).read_text(encoding="utf-8").splitlines()[line - 1].strip().startswith(text)


@pytest.mark.parametrize("receiver", [print, [].append, Connection.__init__])
def test_what_is_in_no_file_has_no_place(receiver: Callable[..., Any]) -> None:
    assert place_of(receiver) == ("", 0)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        (None, ""),
        (Page, "pages.Page"),
        (Page.tags.through, "pages.PageTag"),
        (apps.get_app_config("pages"), "app pages"),
        (Shop, f"{TESTS}.Shop"),
        (Shop(), f"{TESTS}.Shop()"),
        (receivers, TESTS),
        (receivers.plain, f"{TESTS}.plain"),
        ("news", "'news'"),
        (3, "3"),
    ],
)
def test_senders_of_all_sorts_have_names(sender: Any, name: str) -> None:
    assert sender_name(sender) == name


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("pages/models.py", True),
        ("venv/lib/python3.11/site-packages/shop/signals.py", False),
        (".venv/lib/shop/signals.py", False),
        ("/usr/lib/python3/dist-packages/shop/signals.py", False),
        ("../elsewhere.py", False),
    ],
)
def test_the_project_is_what_lies_below_base_dir_and_was_not_installed(path: str, own: bool) -> None:
    assert belongs_to_project(str((BASE / path).resolve())) is own
    assert not belongs_to_project("")


def test_python_below_base_dir_is_not_the_project(settings: Any) -> None:
    settings.BASE_DIR = Path("/")
    assert not belongs_to_project(inspect.__file__)


@pytest.mark.parametrize(
    ("module", "label"),
    [("pages.models", "pages"), ("pages", "pages"), ("django.contrib.auth.models", "auth"), ("os", "")],
)
def test_a_module_belongs_to_the_app_around_it(module: str, label: str) -> None:
    assert app_of(module) == label


def test_a_place_is_short_to_read() -> None:
    assert short_place(inspect.getfile(User), 3) == "accounts/models.py:3"
    assert short_place(django.test.signals.__file__) == "django/test/signals.py"
    assert short_place("/nowhere/at/all.py", 3) == "/nowhere/at/all.py:3"


class Refusing:
    """A receiver that answers whatever it is asked with an error."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __call__(self, **kwargs: Any) -> None:
        """Receive."""


class Receiving:
    """A class that is a receiver itself."""

    def __init__(self, **kwargs: Any) -> None:
        """Receive."""


def test_a_receiver_that_refuses_to_be_asked_is_named_all_the_same() -> None:
    assert receiver_name(Refusing()) == f"{__name__}.Refusing()"
    assert receiver_name(MethodType(functools.partial(print), Shop())) == f"{TESTS}.Shop.partial(builtins.print)"
    assert place_of(Refusing()) == (__file__, inspect.getsourcelines(Refusing.__call__)[1])


def test_a_class_that_receives_is_written_where_it_begins() -> None:
    assert receiver_name(Receiving) == f"{__name__}.Receiving"
    assert place_of(Receiving) == (__file__, inspect.getsourcelines(Receiving.__init__)[1])


def test_a_signal_that_is_no_key_or_not_made_yet_hinders_nobody(connect: Callable[..., None]) -> None:
    @dataclass
    class Compared(Signal):
        """Dataclasses are not hashable."""

        def __post_init__(self) -> None:
            super().__init__()

    compared, begun = Compared(), Signal.__new__(Signal)
    connect(compared, receivers.plain)
    with traced() as trace:
        compared.send(None)
    assert [row.name for row in trace.rows] == ["<unnamed Compared>", f"{TESTS}.plain"]
    assert not {id(compared), id(begun)} & {id(each) for each in all_signals()}


def test_a_site_that_is_reached_through_a_link_is_the_project(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "site")
    settings.BASE_DIR = tmp_path / "site"
    assert belongs_to_project(str(tmp_path / "link" / "shop" / "signals.py"))
    assert short_place(str(tmp_path / "link" / "shop" / "signals.py"), 3) == "shop/signals.py:3"
