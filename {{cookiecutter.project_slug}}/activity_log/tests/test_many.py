"""Changed links and bulk writes are recorded."""

import pytest
from django.contrib.auth.models import Group

from activity_log.models import ActivityEntry
from activity_log.recording import record_bulk_write
from testing.models import Category, Product


def test_links_that_are_added_and_removed_are_recorded(lamp: Product, category: Category) -> None:
    lighting = {"key": category.pk, "label": "Lighting"}
    lamp.categories.add(category)
    lamp.categories.remove(category)
    added, removed = ActivityEntry.objects.order_by("id")
    assert (added.label, added.changes) == ("Lamp", {"categories": {"added": [lighting]}})
    assert (removed.label, removed.changes) == ("Lamp", {"categories": {"removed": [lighting]}})


def test_clearing_links_records_what_was_linked(lamp: Product, category: Category) -> None:
    lamp.categories.add(category)
    lamp.categories.clear()
    removed = ActivityEntry.objects.latest("id")
    assert removed.changes == {"categories": {"removed": [{"key": category.pk, "label": "Lighting"}]}}


def test_links_added_from_the_other_side_are_recorded_too(lamp: Product, category: Category) -> None:
    category.product_set.add(lamp)
    entry = ActivityEntry.objects.get()
    assert (entry.model, entry.object_key) == ("testing.product", str(lamp.pk))


def test_an_update_records_how_many_rows_and_which_fields(lamp: Product) -> None:
    Product.objects.create(name="Chair")
    Product.objects.update(price=0, supplier_code="S3CRET")
    entry = ActivityEntry.objects.latest("id")
    assert (entry.kind, entry.object_key, entry.label) == ("changed", "", "2 rows")
    assert entry.changes == {"price": None, "supplier_code": None}


def test_a_bulk_create_records_one_entry(lamp: Product) -> None:
    Product.objects.bulk_create([Product(name="Chair"), Product(name="Table")])
    entry = ActivityEntry.objects.get()
    assert (entry.kind, entry.label, entry.changes) == ("created", "2 rows", {})


@pytest.mark.django_db
def test_a_write_that_sends_no_signal_can_be_recorded_by_hand() -> None:
    record_bulk_write(Group, 3, fields=["name"])
    entry = ActivityEntry.objects.get()
    assert (entry.model, entry.label, entry.changes) == ("auth.group", "3 rows", {"name": None})
