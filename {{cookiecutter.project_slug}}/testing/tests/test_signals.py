"""Muting and capturing signals: how to test what an app sends and receives."""

from collections.abc import Callable, Iterator

import pytest
from django.db.models.signals import post_save

from testing.models import Category, Product
from testing.signals import Send, captured, muted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _connected() -> Iterator[None]:
    post_save.connect(add_product, sender=Category)
    yield
    post_save.disconnect(add_product, sender=Category)


def add_product(instance: Category, **kwargs: object) -> None:
    """A receiver: each category gets a product."""
    Product.objects.create(name=f"First of {instance}")


def test_a_receiver_acts() -> None:
    Category.objects.create(name="Tools")
    assert Product.objects.get().name == "First of Tools"


def test_a_muted_receiver_does_not_act() -> None:
    with muted(post_save, receiver=add_product):
        Category.objects.create(name="Tools")
    assert not Product.objects.exists()
    Category.objects.create(name="Toys")
    assert Product.objects.get().name == "First of Toys"


def test_all_receivers_of_one_sender_are_muted_until_the_test_ends(muted: Callable[..., None]) -> None:
    muted(post_save, sender=Category)
    Category.objects.create(name="Tools")
    assert not Product.objects.exists()


def test_captured_lists_what_is_sent() -> None:
    with captured(post_save, sender=Category) as sent:
        tools = Category.objects.create(name="Tools")
    assert [(send.kwargs["instance"], send.kwargs["created"]) for send in sent] == [(tools, True)]


def test_captured_lists_what_is_sent_until_the_test_ends(captured: Callable[..., list[Send]]) -> None:
    sent = captured(post_save, sender=Product)
    Category.objects.create(name="Tools")
    assert [str(send.kwargs["instance"]) for send in sent] == ["First of Tools"]
