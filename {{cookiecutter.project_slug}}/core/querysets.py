"""Telling of writes that Django sends no signal for; and going through many rows."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db import models, transaction

from core.signals import rows_written

M = TypeVar("M", bound=models.Model)

BATCH_SIZE = 5000


class AnnouncingQuerySet(models.QuerySet[M]):
    """Sends ``rows_written`` after each write that sends no signal for each row, in one transaction with it.

    ``bulk_update()`` is made of ``update()``, and so are ``add()``, ``remove()`` and ``set()`` of the other side of a
    foreign key; for ``add()`` the model names such a manager as its ``base_manager_name``.
    """

    def update(self, **kwargs: Any) -> int:
        self._for_write = True
        with transaction.atomic(using=self.db, savepoint=False):
            count = super().update(**kwargs)
            if count:
                fields = frozenset(self.model._meta.get_field(name).name for name in kwargs if name != "pk")
                rows_written.send(self.model, created=False, fields=fields, count=count, using=self.db)
        return count

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        self._for_write = True
        with transaction.atomic(using=self.db, savepoint=False):
            created = super().bulk_create(objs, *args, **kwargs)
            if created:
                fields = frozenset(field.name for field in self.model._meta.concrete_fields)
                rows_written.send(self.model, created=True, fields=fields, count=len(created), using=self.db)
        return created


def batches(rows: models.QuerySet[M]) -> Iterator[models.QuerySet[M]]:
    """The rows in pieces by their keys, numbers: each so small that writing or deleting it keeps nobody waiting."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE]):
        yield rows.filter(pk__range=(keys[0], keys[-1]))
        last = keys[-1]
