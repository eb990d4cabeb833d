"""A field named in a model's ``write_once`` keeps its first value."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core.serializers import deserialize, serialize
from django.db import connection, transaction
from django.db.models.signals import pre_save
from django.test.utils import CaptureQueriesContext

from lifecycle import signals
from lifecycle.write_once import WriteOnceError
from testing.models import Product, SpecialProduct

OLD = datetime(2020, 1, 1, tzinfo=UTC)

WAYS_TO_GET_ONE: dict[str, Callable[[], Product]] = {
    "created": lambda: Product.objects.create(name="Lamp"),
    "loaded": Product.objects.get,
    "loaded through a proxy": SpecialProduct.objects.get,
}


@pytest.fixture(autouse=True)
def lamp(db: None) -> Product:
    """A product in the database."""
    return Product.objects.create(name="Lamp")


@pytest.mark.parametrize("get", WAYS_TO_GET_ONE.values(), ids=WAYS_TO_GET_ONE)
def test_a_save_that_would_change_the_field_is_refused(get: Callable[[], Product]) -> None:
    product = get()
    product.name, product.created_at = "Desk lamp", OLD
    with pytest.raises(WriteOnceError, match="created_at"):
        product.save()
    assert Product.objects.get(pk=product.pk).name == "Lamp"


def test_a_save_that_leaves_the_field_out_goes_through(lamp: Product) -> None:
    lamp.name, lamp.created_at = "Desk lamp", OLD
    lamp.save(update_fields=["name"])
    assert Product.objects.get().name == "Desk lamp"


@pytest.mark.parametrize("get", WAYS_TO_GET_ONE.values(), ids=WAYS_TO_GET_ONE)
def test_guarding_the_field_costs_no_query(muted: Callable[..., None], get: Callable[[], Product]) -> None:
    product = get()
    with CaptureQueriesContext(connection) as guarded:
        product.save()
    muted(pre_save, signals.refuse_change)
    with CaptureQueriesContext(connection) as plain:
        product.save()
    assert len(guarded) == len(plain)


def test_an_update_of_many_rows_is_refused(lamp: Product) -> None:
    with pytest.raises(WriteOnceError, match="created_at"), transaction.atomic():
        Product.objects.update(name="Desk lamp", created_at=OLD)
    assert Product.objects.get().name == "Lamp"


def test_a_fixture_may_hold_another_value(lamp: Product) -> None:
    lamp.created_at = OLD
    (row,) = deserialize("json", serialize("json", [lamp]))
    row.save()
    assert Product.objects.get().created_at == OLD
