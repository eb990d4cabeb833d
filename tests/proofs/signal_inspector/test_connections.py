"""The register says what Django would call, and everything that is to be known of it."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db.models.signals import ModelSignal, m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import Signal

from accounts.models import User
from core.signals import rows_written
from pages.models import Page, Tag
from proofs.signal_inspector import receivers
from proofs.signal_inspector.receivers import Shop, plain, plain_async
from signal_inspector.connections import GONE, Connection, connections

Connect = Callable[..., None]
Connected = Callable[[Signal], list[Connection]]


def line_here() -> int:
    """The number of the line that calls."""
    frame = inspect.currentframe()
    return frame.f_back.f_lineno if frame and frame.f_back else 0


def test_all_that_is_to_be_known_of_a_receiver(connected: Connected) -> None:
    signal = Signal()
    signal.connect(plain, sender=Page, dispatch_uid="a uid")
    line = line_here() - 1
    (found,) = connected(signal)
    assert found == Connection(
        signal=signal,
        signal_name="<unnamed Signal>",
        sender=Page,
        sender_name="pages.Page",
        receiver=plain,
        receiver_name="proofs.signal_inspector.receivers.plain",
        file=inspect.getfile(receivers),
        line=inspect.getsourcelines(plain)[1],
        app="signal_inspector",
        project=True,
        dispatch_uid="a uid",
        weak=True,
        is_async=False,
        order=1,
        connected_at=(__file__, line),
        sends=(),
    )


def test_receivers_come_in_order_each_as_it_was_connected(connect: Connect, connected: Connected) -> None:
    signal, shop = Signal(), Shop()
    connect(signal, plain_async)
    connect(signal, shop.note, dispatch_uid=7)
    connect(signal, shop.note)
    connect(signal, functools.partial(plain), weak=False)
    connect(signal, print, weak=False)
    found = connected(signal)
    assert [each.order for each in found] == [1, 2, 3, 4, 5]
    assert [each.is_async for each in found] == [True, False, False, False, False]
    assert [each.dispatch_uid for each in found] == [None, "7", None, None, None]
    assert [each.weak for each in found] == [True, True, True, False, False]
    assert [each.project for each in found] == [True, True, True, True, False]
    assert [each.line > 0 for each in found] == [True, True, True, True, False]
    assert found[2].receiver == shop.note


def test_a_third_partys_receivers_and_signals_are_there_by_themselves() -> None:
    found = {each.receiver_name: each for each in connections()}
    own = found["django.contrib.auth.models.update_last_login"]
    assert (own.signal_name, own.app) == ("django.contrib.auth.signals.user_logged_in", "auth")
    assert own.dispatch_uid == "update_last_login"
    assert not own.project


@pytest.mark.parametrize("signal", [pre_save, post_save, pre_delete, m2m_changed, rows_written])
@pytest.mark.parametrize("sender", [User, Page, Tag, Page.tags.through])
def test_the_register_is_what_django_would_call(signal: Signal, sender: type) -> None:
    called, called_async = signal._live_receivers(sender)
    found = [each for each in connections() if each.signal is signal and each.sender in (None, sender)]
    assert [each.receiver for each in found if not each.is_async] == called
    assert [each.receiver for each in found if each.is_async] == called_async


@pytest.mark.parametrize("sender", [None, User, Shop, receivers, "news", apps.get_app_config("pages")])
def test_a_sender_of_any_sort_is_found_again(connect: Connect, connected: Connected, sender: Any) -> None:
    signal = Signal()
    connect(signal, plain, sender=sender)
    assert connected(signal)[0].sender is sender


def test_a_sender_that_is_there_no_more_is_not_taken_for_any_sender(connected: Connected) -> None:
    signal = Signal()

    def connect() -> None:
        signal.connect(plain, sender=Shop())

    connect()
    # From Django 6.0 the receiver goes with its sender.
    assert {(each.sender, each.sender_name) for each in connected(signal)} <= {(GONE, GONE)}


def test_a_receiver_that_died_is_told_of_by_name(connected: Connected) -> None:
    signal = Signal()
    signal.connect(receivers.local(), dispatch_uid="local")
    (found,) = connected(signal)
    assert found.receiver is None
    assert found.receiver_name == "proofs.signal_inspector.receivers.local.<locals>.note"
    assert found.dispatch_uid == "local"
    assert (found.file, found.project) == (inspect.getfile(receivers), True)


def test_what_a_receiver_sends_is_a_part_of_it(connect: Connect, connected: Connected) -> None:
    signal = Signal()
    connect(signal, receivers.sends)
    assert connected(signal)[0].sends == (
        "proofs.signal_inspector.receivers.plain_sent",
        "proofs.signal_inspector.receivers.Shop.opened",
        "proofs.signal_inspector.receivers.later_sent",
    )
    assert not [each for each in connections(with_sends=False) if each.sends]


def test_a_model_may_be_named(connect: Connect, connected: Connected) -> None:
    signal = ModelSignal()
    connect(signal, plain, sender="pages.Page")
    assert connected(signal)[0].sender is Page


def test_asking_costs_no_query_and_changes_nothing() -> None:
    # There is no database here: a query would be an error.
    found = connections()
    before = {each.signal: list(each.signal.receivers) for each in found}
    assert connections() == found
    assert {each.signal: each.signal.receivers for each in found} == before
