"""``relay_signals`` delivers, ``prune_outbox`` forgets, ``check`` finds settings that cannot work."""

import signal
from datetime import timedelta
from typing import Any

import pytest
from django.core.checks.registry import registry
from django.core.management import CommandError, call_command
from django.db.models import F
from django.dispatch import Signal
from pytest_django import Settings

from core.dispatch import send_on_commit
from outbox.checks import check_settings
from outbox.models import Event
from testing.models import Product

pytestmark = pytest.mark.django_db


def test_relay_signals_once_delivers_what_is_due(product_sold: Signal, receiver: Any, capsys: Any) -> None:
    receiver.side_effect = [None, RuntimeError]
    send_on_commit(product_sold, Product)
    send_on_commit(product_sold, Product)
    call_command("relay_signals", once=True)
    assert capsys.readouterr().out.splitlines()[-1] == "Delivered: 1. Failed, to be tried again: 1. Parked: 0."


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_relay_signals_finishes_the_running_receiver_and_exits(
    product_sold: Signal, receiver: Any, number: signal.Signals
) -> None:
    receiver.side_effect = lambda **kwargs: signal.raise_signal(number)
    send_on_commit(product_sold, Product)
    send_on_commit(product_sold, Product)
    call_command("relay_signals")
    receiver.assert_called_once()
    assert sorted(event.state for event in Event.objects.all()) == ["delivered", "waiting"]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("--days=9", ["parked", "waiting"]),
        ("--days=9 --parked", ["waiting"]),
        ("--days=10", ["delivered", "parked", "waiting"]),
    ],
)
def test_prune_outbox_deletes_what_was_delivered_long_ago(arguments: str, left: list[str]) -> None:
    then = F("created_at") - timedelta(days=9, hours=1)
    for state in ({"delivered_at": then}, {"parked_at": then, "tries": 3}, {}):
        event = Event.objects.create(signal="testing.signals.product_sold", arguments="{}", receivers=[])
        Event.objects.filter(pk=event.pk).update(**state)
    call_command("prune_outbox", *arguments.split())
    assert sorted(event.state for event in Event.objects.all()) == left


@pytest.mark.parametrize("command", ["relay_signals", "prune_outbox --days=9"])
def test_an_unknown_database_is_an_error(command: str) -> None:
    with pytest.raises(CommandError, match=r'There is no database "gone"\.'):
        call_command(*command.split(), "--database=gone")


def test_the_settings_are_checked_and_right() -> None:
    registered: list[object] = list(registry.get_checks())
    assert check_settings in registered
    assert check_settings() == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"OUTBOX": {"TRIES": 3}}, "outbox.E001"),
        ({"OUTBOX": {"TRIES": 1.5, "FIRST_DELAY": 10, "LONGEST_DELAY": 15, "LEASE": 60}}, "outbox.E002"),
        ({"OUTBOX": {"TRIES": 3, "FIRST_DELAY": 10, "LONGEST_DELAY": 15, "LEASE": "60"}}, "outbox.E002"),
        ({"OUTBOX": {"TRIES": 3, "FIRST_DELAY": 20, "LONGEST_DELAY": 15, "LEASE": 60}}, "outbox.E003"),
        ({"OUTBOX_LAG": 0}, "outbox.E004"),
    ],
)
def test_a_wrong_setting_is_an_error(settings: Settings, change: dict[str, Any], error: str) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    assert [finding.id for finding in check_settings()] == [error]
