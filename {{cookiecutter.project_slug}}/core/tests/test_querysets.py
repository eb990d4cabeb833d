"""Writes of many rows at once send ``rows_written``."""

from collections.abc import Callable

import pytest

from core.signals import rows_written
from testing.models import Category, Product
from testing.signals import Send

pytestmark = pytest.mark.django_db


def test_update_names_the_fields_and_counts_the_rows(captured: Callable[..., list[Send]]) -> None:
    product = Product.objects.create(name="Hammer")
    sent = captured(rows_written, sender=Product)
    Product.objects.filter(pk=product.pk).update(name="Saw", owner_id=None)
    fields = {"name", "owner"}
    assert [send.kwargs for send in sent] == [
        {"created": False, "fields": fields, "updated": fields, "count": 1, "using": "default"}
    ]


def test_bulk_create_writes_all_fields(captured: Callable[..., list[Send]]) -> None:
    sent = captured(rows_written, sender=Category)
    Category.objects.bulk_create([Category(name="Tools"), Category(name="Toys")])
    fields = {field.name for field in Category._meta.concrete_fields}
    assert [send.kwargs for send in sent] == [
        {"created": True, "fields": fields, "updated": set(), "count": 2, "using": "default"}
    ]


def test_a_write_of_no_rows_sends_nothing(captured: Callable[..., list[Send]]) -> None:
    sent = captured(rows_written, sender=Category)
    Category.objects.update(name="Tools")
    Category.objects.bulk_create([])
    assert sent == []
