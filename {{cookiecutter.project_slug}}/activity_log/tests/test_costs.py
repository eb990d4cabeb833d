"""Recording costs one statement."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.test.utils import CaptureQueriesContext

from activity_log import signals
from core.signals import rows_written
from testing.models import Category, Product


def change() -> None:
    product = Product.objects.get(name="Lamp")
    product.name = "Desk lamp"
    product.save()


ACTS: dict[str, Callable[[], object]] = {
    "create": lambda: Product.objects.create(name="Chair"),
    "change": change,
    "save without a change": lambda: Product.objects.get(name="Lamp").save(),
    "delete": lambda: Product.objects.get(name="Lamp").delete(),
    "delete many": lambda: Product.objects.all().delete(),
    "update": lambda: Product.objects.update(name="Desk lamp"),
    "clear links": lambda: Product.objects.get(name="Lamp").categories.clear(),
}


def count_queries(act: Callable[[], object]) -> int:
    """Count the queries of an act that is then rolled back."""
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        act()
        transaction.set_rollback(True)
    return len(queries)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_recording_takes_one_query(
    lamp: Product, category: Category, muted: Callable[..., None], act: Callable[[], object]
) -> None:
    lamp.categories.add(category)
    Product.objects.create(name="Table")
    recorded = count_queries(act)
    muted(pre_save, signals.record_change)
    muted(post_save, signals.record_save)
    muted(pre_delete, signals.record_deletion)
    muted(post_delete, signals.record_deletions)
    muted(m2m_changed, signals.record_links)
    muted(rows_written, signals.record_rows)
    assert recorded == count_queries(act) + 1
