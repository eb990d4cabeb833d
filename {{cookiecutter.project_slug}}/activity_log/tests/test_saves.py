"""Creating and changing an object records what it holds, and what it held."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.serializers import deserialize, serialize
from django.db import transaction
from django.db.models.signals import pre_save

from accounts.models import User
from activity_log.models import ActivityEntry
from testing.models import Category, Product, SpecialProduct


@pytest.mark.django_db
def test_a_creation_records_the_object_and_its_values() -> None:
    product = Product.objects.create(name="Lamp", price=Decimal("9.50"))
    entry = ActivityEntry.objects.get()
    assert (entry.kind, entry.model) == ("created", "testing.product")
    assert (entry.object_key, entry.label) == (str(product.pk), "Lamp")
    assert entry.changes == {"name": [None, "Lamp"], "price": [None, "9.50"]}


def test_a_change_records_old_and_new_values(lamp: Product) -> None:
    lamp.name, lamp.price = "Desk lamp", Decimal("12.00")
    lamp.save()
    entry = ActivityEntry.objects.get()
    assert (entry.kind, entry.label) == ("changed", "Lamp")
    assert entry.changes == {"name": ["Lamp", "Desk lamp"], "price": ["9.50", "12.00"]}


def test_a_save_that_changes_nothing_is_not_recorded(lamp: Product) -> None:
    lamp.save()
    assert not ActivityEntry.objects.exists()


def test_only_fields_that_are_written_are_recorded(lamp: Product) -> None:
    lamp.name, lamp.description = "Desk lamp", "Bright."
    lamp.save(update_fields=["description"])
    assert ActivityEntry.objects.get().changes == {"description": ["", "Bright."]}


def test_the_old_value_is_the_one_in_the_database(lamp: Product) -> None:
    stale = Product.objects.get()
    lamp.name = "Desk lamp"
    lamp.save()
    stale.name = "Floor lamp"
    stale.save()
    assert ActivityEntry.objects.latest("id").changes == {"name": ["Desk lamp", "Floor lamp"]}


def test_a_related_object_is_recorded_by_key_and_name(lamp: Product, ada: User) -> None:
    lamp.owner = ada
    lamp.save()
    assert ActivityEntry.objects.get().changes == {"owner": [None, {"key": ada.pk, "label": "Ada"}]}


def test_changes_made_by_another_receiver_are_recorded_too(lamp: Product) -> None:
    def round_price(instance: Product, **kwargs: Any) -> None:
        instance.price = Decimal(round(instance.price))

    pre_save.connect(round_price, sender=Product)
    lamp.price = Decimal("11.90")
    lamp.save()
    pre_save.disconnect(round_price, sender=Product)
    assert ActivityEntry.objects.get().changes == {"price": ["9.50", "12.00"]}


def test_a_proxy_is_recorded_as_its_model(lamp: Product) -> None:
    special = SpecialProduct.objects.get()
    special.name = "Desk lamp"
    special.save()
    assert ActivityEntry.objects.get().model == "testing.product"


def test_a_rollback_takes_the_entry_along(lamp: Product) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        Product.objects.create(name="Chair")
        raise RuntimeError
    assert not ActivityEntry.objects.exists()


def test_loading_a_fixture_is_not_recorded(lamp: Product, category: Category) -> None:
    lamp.categories.add(category)
    fixture = serialize("json", [lamp])
    lamp.delete()
    ActivityEntry.objects.all().delete()
    for row in deserialize("json", fixture):
        row.save()
    assert Product.objects.get().categories.get() == category
    assert not ActivityEntry.objects.exists()


@pytest.mark.django_db
def test_other_models_are_not_recorded() -> None:
    Group.objects.create(name="Editors").delete()
    assert not ActivityEntry.objects.exists()
