"""The register is exactly what Django would call, for receivers and senders of every kind."""

import functools
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


def test_asking_costs_no_query_and_changes_nothing() -> None:
    # There is no database here: a query would be an error.
    found = connections()
    before = {each.signal: list(each.signal.receivers) for each in found}
    assert connections() == found
    assert {each.signal: each.signal.receivers for each in found} == before


def test_a_model_may_be_named(connect: Connect, connected: Connected) -> None:
    signal = ModelSignal()
    connect(signal, plain, sender="pages.Page")
    assert connected(signal)[0].sender is Page
