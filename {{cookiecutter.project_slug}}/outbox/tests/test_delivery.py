"""A signal is stored in the transaction that sends it, and reaches its receivers later."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.dispatch import Signal
from pytest_django import DjangoAssertNumQueries

from core.dispatch import send_on_commit
from outbox.models import Event
from outbox.relay import Relay
from testing.models import Product

pytestmark = pytest.mark.django_db


def test_a_signal_is_stored_until_a_relay_delivers_it(product_sold: Signal, receiver: Any) -> None:
    send_on_commit(product_sold, Product, price=5)
    receiver.assert_not_called()
    Relay().deliver_due()
    Relay().deliver_due()
    receiver.assert_called_once_with(signal=product_sold, sender=Product, using="default", price=5)


def test_storing_a_signal_costs_one_query(
    product_sold: Signal, receiver: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        send_on_commit(product_sold, Product)


def test_a_rollback_takes_the_signal_back(product_sold: Signal, receiver: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        send_on_commit(product_sold, Product)
        raise RuntimeError
    assert not Event.objects.exists()


def test_a_receiver_without_a_uid_is_called_right_after_the_commit(
    product_sold: Signal, captured: Any, delivered: Any
) -> None:
    sent = captured(product_sold)
    with delivered():
        send_on_commit(product_sold, Product)
        assert sent == []
    assert len(sent) == 1
    assert not Event.objects.exists()


def test_delivered_also_delivers_what_receivers_send(product_sold: Signal, receiver: Any, delivered: Any) -> None:
    def send_another(price: int, **kwargs: Any) -> None:
        if price > 1:
            send_on_commit(product_sold, Product, price=price - 1)

    receiver.side_effect = send_another
    with delivered():
        send_on_commit(product_sold, Product, price=3)
    assert [call.kwargs["price"] for call in receiver.call_args_list] == [3, 2, 1]


@pytest.mark.parametrize("value", ["Zoë", [1, {"a": None}], Decimal("1.10"), datetime(2024, 2, 29, tzinfo=UTC)])
def test_an_argument_arrives_as_it_was_sent(product_sold: Signal, receiver: Any, value: object) -> None:
    send_on_commit(product_sold, Product, value=value)
    Relay().deliver_due()
    received = receiver.call_args.kwargs["value"]
    assert (type(received), received) == (type(value), value)


def test_an_instance_arrives_as_the_database_has_it_by_then(product_sold: Signal, receiver: Any) -> None:
    send_on_commit(product_sold, Product, product=Product.objects.create(name="Tea"))
    Product.objects.update(name="Coffee")
    Relay().deliver_due()
    assert receiver.call_args.kwargs["product"].name == "Coffee"


@pytest.mark.parametrize(
    ("value", "advice"), [((1, 2), "Send a list."), (Product(), "Save it first."), (object(), "What can be: None,")]
)
def test_an_argument_that_cannot_be_stored_is_refused(
    product_sold: Signal, receiver: Any, value: object, advice: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=f'"value" of testing.signals.product_sold .+ {advice}'):
        send_on_commit(product_sold, Product, value=value)
