"""Signals and senders have names by which another process finds them."""

import datetime
import json
from types import FunctionType
from typing import Any

import pytest
from django.contrib.auth.signals import user_logged_in
from django.dispatch import Signal

from accounts.models import User
from core.names import UndeliverableError, name_of_sender, name_of_signal, sender_named, signal_named
from core.signals import rows_written


@pytest.mark.parametrize(
    ("signal", "name"),
    [(rows_written, "core.signals.rows_written"), (user_logged_in, "django.contrib.auth.signals.user_logged_in")],
    ids=["the site's", "Django's"],
)
def test_a_signal_has_the_name_under_which_an_app_declares_it(signal: Signal, name: str) -> None:
    assert name_of_signal(signal) == name
    assert signal_named(name) is signal


def test_a_signal_has_a_name_once_an_app_declares_it(monkeypatch: pytest.MonkeyPatch) -> None:
    announced = Signal()
    with pytest.raises(ValueError, match=r"Declare it in the signals\.py of an installed app"):
        name_of_signal(announced)
    monkeypatch.setattr("core.signals.announced", announced, raising=False)
    assert name_of_signal(announced) == "core.signals.announced"


@pytest.mark.parametrize(
    "name", ["core.signals.gone", "core.signals.Signal", "gone.signals.x", "os.path.join", "x", ""]
)
def test_a_name_of_no_signal_is_told(name: str) -> None:
    with pytest.raises(UndeliverableError, match=f"There is no signal {name}."):
        signal_named(name)


@pytest.mark.parametrize(
    ("sender", "name"),
    [
        (None, ""),
        (User, "accounts.User"),
        (datetime.date, "datetime:date"),
        (json.dumps, "json:dumps"),
    ],
    ids=["nobody", "model", "class", "function"],
)
def test_senders_have_names(sender: Any, name: str) -> None:
    assert name_of_sender(sender) == name
    assert sender_named(name) is sender


class Outer:
    class Inner:
        """In a class."""

    def method(self) -> None:
        """A function of a class."""


@pytest.mark.parametrize(
    "sender",
    [
        "text",
        5,
        User(),
        lambda: None,
        Outer(),
        Outer.Inner,
        Outer.method,
        Outer().method,
        type("Made", (), {}),
        FunctionType((lambda: None).__code__, {"__name__": "__main__"}, "main"),
        type("Made", (), {"__module__": "no.such.module"}),
        type("Made", (), {"__module__": "__main__"}),
    ],
    ids=range(12),
)
def test_a_sender_that_nobody_else_could_find_is_refused(sender: Any) -> None:
    with pytest.raises(TypeError, match="What can be: None, a model, and classes and functions"):
        name_of_sender(sender)


@pytest.mark.parametrize("name", ["gone.Model", "nonsense", "no.such:name", "json:gone", ":x", "accounts.Gone"])
def test_a_name_of_no_sender_is_told(name: str) -> None:
    with pytest.raises(UndeliverableError, match=f"There is no sender {name}."):
        sender_named(name)
