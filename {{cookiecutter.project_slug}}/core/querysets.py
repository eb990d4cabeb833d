"""Telling of writes that Django sends no signal for; and going through many rows."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar

from django.db import models

from core.signals import rows_written
from core.transactions import joined

M = TypeVar("M", bound=models.Model)

BATCH_SIZE = 5000


class AnnouncingQuerySet(models.QuerySet[M]):
    """Sends ``rows_written`` after each write that sends no signal for each row, in one transaction with it.

    ``bulk_update()`` is made of ``update()``, and so are ``add()``, ``remove()`` and ``set()`` of the other side of a
    foreign key; for ``add()`` the model names such a manager as its ``base_manager_name``.
    """

    def update(self, **kwargs: Any) -> int:
        self._for_write = True
        with joined(self.db):
            count = super().update(**kwargs)
            if count:
                fields = self._names(kwargs)
                rows_written.send(self.model, created=False, fields=fields, updated=fields, count=count, using=self.db)
        return count

    def bulk_create(
        self,
        objs: Iterable[M],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[M]:
        self._for_write = True
        with joined(self.db):
            written = super().bulk_create(
                objs, batch_size, ignore_conflicts, update_conflicts, update_fields, unique_fields
            )
            if written:
                fields = frozenset(field.name for field in self.model._meta.concrete_fields)
                rows_written.send(
                    self.model,
                    created=not update_conflicts,
                    fields=fields,
                    updated=self._names(update_fields or ()),
                    count=len(written),
                    using=self.db,
                )
        return written

    def _names(self, fields: Iterable[str]) -> frozenset[str]:
        return frozenset(self.model._meta.get_field(field).name for field in fields)


def batches(rows: models.QuerySet[M]) -> Iterator[models.QuerySet[M]]:
    """The rows in pieces by their keys, numbers: each so small that writing or deleting it keeps nobody waiting."""
    last = 0
    while keys := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH_SIZE]):
        yield rows.filter(pk__range=(keys[0], keys[-1]))
        last = keys[-1]
