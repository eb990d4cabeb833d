"""What the site's models have in common, and when the commands of ``SCHEDULE`` last ran."""

from collections.abc import Iterable
from typing import Any

from django.db import models, router

from core.transactions import joined


class AtomicModel(models.Model):
    """Saved in one transaction with whatever receivers of its signals write, as ``delete()`` is by itself.

    Outside of a transaction Django saves the row, and then each receiver's writes stand alone: one that fails leaves
    the others, and the row, behind. Here all stand or fall together.
    """

    class Meta:
        abstract = True

    def save_base(
        self,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        with joined(using):
            super().save_base(raw, force_insert, force_update, using, update_fields)


class ScheduledRun(models.Model):
    """When ``manage.py run_due`` last started a command of ``SCHEDULE``."""

    command = models.CharField(max_length=200, primary_key=True, help_text="With its arguments.")
    started_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.command
