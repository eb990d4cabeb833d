"""A write and what its receivers write: both, or neither."""

import pytest
from django.db import transaction
from django.db.models.signals import post_save

from core.signals import rows_written
from testing.models import Category, Product


def write_then_fail(**kwargs: object) -> None:
    Product.objects.create(name="by a receiver")
    raise RuntimeError("out of order")


@pytest.mark.django_db
def test_a_failing_receiver_undoes_the_write_and_what_receivers_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each test runs in a transaction. Open another in it instead of joining it: outside of tests there may be none.
    monkeypatch.setattr("core.transactions.nullcontext", transaction.atomic)
    tools = Category.objects.create(name="Tools")
    tools.name = "Renamed"
    post_save.connect(write_then_fail, sender=Category)
    rows_written.connect(write_then_fail, sender=Category)
    try:
        with pytest.raises(RuntimeError):
            tools.save()
        with pytest.raises(RuntimeError):
            Category.objects.update(name="Renamed")
        with pytest.raises(RuntimeError):
            Category.objects.bulk_create([Category(name="Toys")])
    finally:
        post_save.disconnect(write_then_fail, sender=Category)
        rows_written.disconnect(write_then_fail, sender=Category)
    assert [category.name for category in Category.objects.all()] == ["Tools"]
    assert not Product.objects.exists()
