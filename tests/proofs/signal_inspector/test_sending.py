"""What a function sends is read from its source, as far as that can be told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal

from core.dispatch import send_on_commit
from core.querysets import AnnouncingQuerySet
from pages.models import Page
from proofs.signal_inspector import receivers
from proofs.signal_inspector.receivers import Shop, later_sent, plain_sent
from signal_inspector.sending import sendings


def sends_first_later(**kwargs: Any) -> None:
    """On commit, in the ways that there are."""

    def send() -> None:
        plain_sent.send(Page)

    transaction.on_commit(send)
    transaction.on_commit(lambda: Shop.opened.send(Page))
    transaction.on_commit(receivers.helps)


async def sends_async(**kwargs: Any) -> None:
    """From async code."""
    await receivers.plain_sent.asend_robust(Page)


def sends_itself(again: bool = True, **kwargs: Any) -> None:
    """Calls itself, and what it cannot be known to call."""
    if again:
        sends_itself(again=False)
    vars(receivers)["helps"]()
    send_on_commit(later_sent, Page)
    kwargs["signal"].send(Page)


def enclosed(signal: Signal) -> Callable[..., None]:
    """A receiver that sends what it was made with."""

    def send(**kwargs: Any) -> None:
        signal.send(Page)

    return send


@pytest.mark.parametrize(
    ("receiver", "sent"),
    [
        (receivers.plain, []),
        (receivers.sends, [(plain_sent, False), (Shop.opened, False), (later_sent, True)]),
        (sends_first_later, [(plain_sent, True), (Shop.opened, True), (later_sent, True)]),
        (sends_async, [(plain_sent, False)]),
        (sends_itself, [(later_sent, True)]),
        (enclosed(later_sent), [(later_sent, False)]),
        (lambda **kwargs: plain_sent.send(Page), [(plain_sent, False)]),
        (print, []),
    ],
)
def test_it_is_read_from_the_source(receiver: Callable[..., Any], sent: list[tuple[Signal, bool]]) -> None:
    assert [(each.signal, each.on_commit) for each in sendings(receiver)] == sent


def test_querysets_that_announce_are_read_too() -> None:
    assert [each.name for each in sendings(AnnouncingQuerySet.update)] == ["core.signals.rows_written"]
