"""Lists of what was recorded, in the admin: to read only, and quick among any number of rows."""

from functools import cached_property
from typing import Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime

M = TypeVar("M", bound=models.Model)

# A list goes back this far: to count all of a million rows would take longer than to show the page.
LONGEST_LIST = 10_000


class CappedPaginator(Paginator[M]):
    """Counts as far as ``LONGEST_LIST``."""

    object_list: QuerySet[M]

    @cached_property
    def count(self) -> int:
        return self.object_list[:LONGEST_LIST].count()


class RecordAdmin(admin.ModelAdmin[M]):
    """The newest first. The model has a ``time``, and an index for each of the ``allowed_lookups``."""

    ordering = ("-id",)
    sortable_by = ()
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    # The lookups of the filters. Any other may be slow, or an error.
    allowed_lookups: frozenset[str]

    @admin.display(description="when")
    def when(self, record: Any) -> str:
        """The time to the second."""
        return date_format(localtime(record.time), "Y-m-d H:i:s")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        # PostgreSQL takes no NUL.
        return "\0" not in "".join(value) and lookup in self.allowed_lookups

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
