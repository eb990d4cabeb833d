"""A relay calls each receiver until it has succeeded once, or failed too often."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.dispatch import Signal

from core.dispatch import OrderedSignal, outside_transaction, send_on_commit
from outbox.models import Event
from outbox.relay import Relay
from testing.models import Category, Product

pytestmark = pytest.mark.django_db


def test_only_the_receiver_that_failed_is_called_again(product_sold: Signal, receiver: Any) -> None:
    results = [ZeroDivisionError("no sale"), None]

    def fail_once(**kwargs: Any) -> None:
        if error := results.pop(0):
            raise error

    product_sold.connect(fail_once, dispatch_uid="tests.fail_once")
    send_on_commit(product_sold, Product)
    Relay().deliver_due()
    event = Event.objects.get()
    assert (event.state, event.receivers) == ("to be tried again", ["tests.fail_once"])
    assert event.failures == [("tests.fail_once", "ZeroDivisionError: no sale")]

    Event.objects.update(due_at=Now())
    Relay().deliver_due()
    assert Event.objects.get().state == "delivered"
    assert results == []
    receiver.assert_called_once()


def test_what_a_failing_receiver_wrote_is_undone(product_sold: Signal, receiver: Any) -> None:
    def write_and_fail(**kwargs: Any) -> None:
        Category.objects.create(name="Tea")
        raise RuntimeError

    receiver.side_effect = write_and_fail
    send_on_commit(product_sold, Product)
    Relay().deliver_due()
    assert not Category.objects.exists()


def test_retries_wait_longer_each_time_and_then_the_signal_is_parked(product_sold: Signal, receiver: Any) -> None:
    receiver.side_effect = RuntimeError
    send_on_commit(product_sold, Product)
    for shortest, longest in [(5, 10), (7.5, 15)]:  # from half of the delay on, by chance
        failed_at = Event.objects.annotate(now=Now()).values_list("now", flat=True).get()
        Relay().deliver_due()
        Relay().deliver_due()  # too early: nothing happens
        delay = Event.objects.get().due_at - failed_at
        assert timedelta(seconds=shortest) <= delay <= timedelta(seconds=longest + 1)
        Event.objects.update(due_at=Now())
    Relay().deliver_due()
    assert Event.objects.get().state == "parked"
    assert receiver.call_count == 3


GONE = '{"product": {"$": ["instance", "testing.Product", 0, "default"]}}'


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ({"signal": "testing.signals.gone"}, "There is no signal testing.signals.gone."),
        ({"receivers": ["tests.gone"]}, "No receiver tests.gone is connected to testing.signals.product_sold."),
        ({"arguments": GONE}, "There is no testing.Product 0."),
    ],
)
def test_a_signal_that_can_never_be_delivered_is_parked_at_once(
    product_sold: Signal, receiver: Any, missing: dict[str, Any], error: str
) -> None:
    send_on_commit(product_sold, Product)
    Event.objects.update(**missing)
    Relay().deliver_due()
    event = Event.objects.get()
    assert (event.state, [text for _, text in event.failures]) == ("parked", [error])


def test_an_error_is_kept_without_mail_addresses(product_sold: Signal, receiver: Any) -> None:
    receiver.side_effect = RuntimeError("ada@example.com is unknown")
    send_on_commit(product_sold, Product)
    Relay().deliver_due()
    assert Event.objects.get().failures == [("tests.receiver", "RuntimeError: [address] is unknown")]


@pytest.mark.parametrize("outside", [False, True])
def test_success_is_noted_in_the_receivers_transaction_unless_it_runs_outside_of_one(
    product_sold: Signal, receiver: Any, outside: bool
) -> None:
    states = []
    receiver.side_effect = lambda **kwargs: states.append(Event.objects.get().state)
    if outside:
        outside_transaction(receiver)
    send_on_commit(product_sold, Product)
    Relay().deliver_due()
    assert states == ["being delivered" if outside else "delivered"]


def test_an_ordered_signal_waits_for_the_one_before_it(
    product_sold: Signal, receiver: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    price_changed = OrderedSignal(per="product")
    monkeypatch.setattr("testing.signals.price_changed", price_changed, raising=False)
    price_changed.connect(receiver, dispatch_uid="tests.receiver")
    receiver.side_effect = [RuntimeError, None, None, None]
    for product, price in [("tea", 1), ("tea", 2), ("coffee", 3)]:
        send_on_commit(price_changed, Product, product=product, price=price)
    Relay().deliver_due()
    Event.objects.filter(tries=1).update(due_at=Now())
    Relay().deliver_due()
    assert [call.kwargs["price"] for call in receiver.call_args_list] == [1, 3, 1, 2]


@pytest.mark.parametrize(
    ("claim", "calls", "state"),
    [
        ({"due_at": Now() + timedelta(seconds=60)}, 0, "being delivered"),
        ({}, 1, "delivered"),  # the lease has ended: due_at has passed
        ({"tries": 2}, 0, "parked"),
    ],
    ids=["the relay is alive", "the relay died", "the third relay died"],
)
def test_what_becomes_of_a_signal_that_another_relay_has_claimed(
    product_sold: Signal, receiver: Any, claim: dict[str, Any], calls: int, state: str
) -> None:
    send_on_commit(product_sold, Product)
    Event.objects.update(claim=uuid4(), **claim)
    Relay().deliver_due()
    assert (receiver.call_count, Event.objects.get().state) == (calls, state)
