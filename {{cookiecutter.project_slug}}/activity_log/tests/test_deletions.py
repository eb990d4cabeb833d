"""Deleting an object records what it held."""

from collections.abc import Callable

import pytest

from accounts.models import User
from activity_log.models import ActivityEntry
from testing.models import Product

DELETIONS: dict[str, Callable[[Product], object]] = {
    "the object": lambda product: product.delete(),
    "a queryset": lambda product: Product.objects.filter(pk=product.pk).delete(),
    "a queryset without all fields": lambda product: Product.objects.only("name").delete(),
    "an object that is out of date": lambda product: Product(pk=product.pk, name="Old name").delete(),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_a_deletion_records_what_was_there(lamp: Product, delete: Callable[[Product], object]) -> None:
    key = str(lamp.pk)
    delete(lamp)
    entry = ActivityEntry.objects.get()
    assert (entry.kind, entry.object_key, entry.label) == ("deleted", key, "Lamp")
    assert entry.changes == {"name": ["Lamp", None], "price": ["9.50", None]}


def test_each_deleted_object_gets_its_own_entry(lamp: Product) -> None:
    Product.objects.create(name="Chair")
    Product.objects.all().delete()
    assert set(ActivityEntry.objects.filter(kind="deleted").values_list("label", flat=True)) == {"Lamp", "Chair"}


def test_no_entry_keeps_an_address_of_a_deleted_user(ada: User) -> None:
    ada.email = "lovelace@example.com"
    ada.save()
    ada.delete()
    assert "@example.com" not in str(list(ActivityEntry.objects.values()))
