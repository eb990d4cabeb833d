"""Connecting works as in Django alone; what signals forget is remembered, within bounds."""

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.db.models.signals import ModelSignal
from django.dispatch import Signal, receiver

from pages.models import Page
from proofs.signal_inspector.receivers import Shop, local, plain, plain_async
from proofs.threads import run_at_once
from signal_inspector import journal
from testing import signals as testing


def drops_of(signal: Signal) -> list[tuple[str, str]]:
    """The names of who was dropped and of who was kept."""
    return [
        (drop.dropped.receiver_name.rpartition(".")[2], drop.kept.receiver_name.rpartition(".")[2])
        for each, drop in journal.dropped()
        if each is signal
    ]


def dead_of(signal: Signal) -> list[journal.Note]:
    """Who died."""
    return [note for each, note in journal.dead() if each is signal]


def notes_of(signal: Signal) -> int:
    """How many notes there are."""
    book = journal._books.get(signal)
    return len(book.notes) + len(book.drops) + len(book.pending) if book else 0


def test_connecting_looks_and_returns_as_before() -> None:
    signal = Signal()
    assert str(inspect.signature(signal.connect)) == "(receiver, sender=None, weak=True, dispatch_uid=None)"
    assert str(inspect.signature(signal.disconnect)) == "(receiver=None, sender=None, dispatch_uid=None)"
    connect: Any = signal.connect
    assert connect(plain, Page, True, "a uid") is None
    assert signal.disconnect(None, Page, "a uid") is True
    assert signal.disconnect(plain) is False
    with pytest.raises(TypeError):
        connect(3)


def test_taking_notes_is_begun_once() -> None:
    before = Signal.connect, Signal.disconnect, ModelSignal.connect
    journal.keep()
    assert (Signal.connect, Signal.disconnect, ModelSignal.connect) == before


def test_a_receiver_that_was_dropped_is_remembered_until_the_other_one_goes() -> None:
    signal = Signal()
    signal.connect(plain, dispatch_uid="same")
    signal.connect(plain_async, dispatch_uid="same")
    assert drops_of(signal) == [("plain_async", "plain")]
    signal.disconnect(dispatch_uid="same")
    assert drops_of(signal) == []
    signal.connect(plain_async, dispatch_uid="same")
    assert drops_of(signal) == []


def test_a_drop_is_forgotten_when_the_receivers_are_put_away_otherwise() -> None:
    signal = Signal()
    signal.connect(plain, dispatch_uid="same")
    signal.connect(plain_async, dispatch_uid="same")
    signal.receivers = []
    assert drops_of(signal) == []
    signal.connect(plain_async)
    assert notes_of(signal) == 2  # and one drop, which nobody is told of


def test_one_uid_for_two_senders_drops_nobody() -> None:
    signal = Signal()
    signal.connect(plain, sender=Page, dispatch_uid="same")
    signal.connect(plain_async, sender=Shop, dispatch_uid="same")
    assert drops_of(signal) == []


def test_the_same_receiver_again_is_no_drop(other_name: ModuleType) -> None:
    signal, shop = Signal(), Shop()
    again: list[Callable[..., Any]] = [plain, other_name.plain]
    for each in again:
        signal.connect(each, dispatch_uid="plain")
    for each in (shop.note, shop.note):
        signal.connect(each, dispatch_uid="method")
    kept = local()
    for each in (kept, local()):
        signal.connect(each, dispatch_uid="local")
    partials = [functools.partial(plain, 1), functools.partial(other_name.plain, 1)]
    for each in partials:
        signal.connect(each, dispatch_uid="partial")
    assert drops_of(signal) == []
    signal.connect(functools.partial(plain, 2), dispatch_uid="partial")
    assert drops_of(signal) == [("plain)", "plain)")]


def test_a_receiver_that_nothing_held_is_remembered_with_where_it_was_connected() -> None:
    signal = Signal()
    signal.connect(local(), sender=Page)
    (note,) = dead_of(signal)
    assert (note.local, note.sender_name) == (True, "pages.Page")
    assert note.connected_at
    assert note.connected_at[0] == __file__
    signal.connect(plain)  # Django clears it away
    assert len(dead_of(signal)) == 1


def test_a_receiver_that_only_garbage_holds_is_dead() -> None:
    signal, short = Signal(), local()
    signal.connect(short)
    cycle: list[Any] = [short]
    cycle.append(cycle)
    del short, cycle
    assert [note.local for note in dead_of(signal)] == [True]


@pytest.mark.parametrize("how", ["strong", "held", "disconnected", "top"])
def test_other_receivers_do_not_count_as_dead(how: str) -> None:
    signal, kept = Signal(), local()
    if how == "strong":
        signal.connect(local(), weak=False)
    if how == "held":
        signal.connect(kept)
    if how == "disconnected":
        short = local()
        signal.connect(short)
        signal.disconnect(short)
        del short
    if how == "top":
        signal.connect(plain)
    assert dead_of(signal) == []


def test_a_method_dies_with_its_object_and_is_not_local() -> None:
    signal = Signal()
    signal.connect(Shop().note)
    assert [note.local for note in dead_of(signal)] == [False]


def test_notes_do_not_grow_with_what_comes_and_goes() -> None:
    signal = Signal()
    for _ in range(200):
        with testing.captured(signal):
            assert notes_of(signal) == 1
    assert notes_of(signal) == 0
    for _ in range(200):
        signal.connect(local())
        signal.connect(plain, dispatch_uid="same")
        signal.connect(plain_async, dispatch_uid="same")
    assert notes_of(signal) <= journal.REMEMBERED + 2
    assert len(dead_of(signal)) == journal.REMEMBERED


def test_notes_do_not_grow_with_models_that_never_come() -> None:
    signal = ModelSignal()
    for number in range(200):
        signal.connect(plain, sender=f"nowhere.Model{number}")
    assert notes_of(signal) <= journal.REMEMBERED
    for number in range(200):
        del apps._pending_operations["nowhere", f"model{number}"]


def test_a_signal_takes_its_notes_along() -> None:
    signal = Signal()
    signal.connect(plain, weak=False)  # Django 5.2 keeps a signal as long as those that it holds weakly
    before = len(journal._books)
    del signal
    assert len(journal._books) == before - 1


def test_what_connects_is_the_code_that_called_however_it_did() -> None:
    signal = Signal()

    @receiver(signal)
    def note(**kwargs: Any) -> None:
        """Decorated."""

    (found,) = journal._books[signal].notes.values()
    assert found.connected_at
    assert found.connected_at[0] == __file__


def test_a_model_that_comes_later_does_not_hide_who_connected() -> None:
    signal = ModelSignal()
    signal.connect(plain, sender="signal_inspector.Later")
    frame = inspect.currentframe()
    line = frame.f_lineno - 2 if frame else 0
    assert journal._books[signal].notes == {}
    meta = type("Meta", (), {"app_label": "signal_inspector"})
    later: Any = type("Later", (models.Model,), {"__module__": __name__, "Meta": meta})
    try:
        (found,) = journal._books[signal].notes.values()
        assert found.connected_at == (__file__, line)
        assert found.find_sender() is later
    finally:
        later._meta.apps.all_models["signal_inspector"].pop("later")
        later._meta.apps.clear_cache()


def test_an_odd_receiver_is_connected_all_the_same() -> None:
    class Odd:
        def __getattr__(self, name: str) -> Any:
            raise LookupError(name)

        def __call__(self, **kwargs: Any) -> str:
            return "called"

    signal, odd = Signal(), Odd()
    with pytest.raises(LookupError):
        signal.connect(odd)  # as Django has it
    signal.connect(plain, dispatch_uid=["no key of a dictionary"])
    assert signal.has_listeners()
    assert dead_of(signal) == []
    assert drops_of(signal) == []


def test_many_threads_may_connect_while_others_ask() -> None:
    signal = Signal()

    def come_and_go() -> None:
        for _ in range(100):
            note = local()
            signal.connect(note)
            signal.connect(plain, dispatch_uid="same")
            signal.disconnect(note)

    def ask() -> None:
        for _ in range(10):
            journal.dropped()
            journal.dead()

    run_at_once(come_and_go, come_and_go, ask, ask)
    assert dead_of(signal) == []
    assert notes_of(signal) == 1
