"""Signals that several apps share."""

from django.dispatch import Signal

# Rows were written at once, without a signal for each: sent by ``update()``, ``bulk_create()`` and ``bulk_update()`` of
# an ``AnnouncingQuerySet``, in the transaction that wrote them, and only if they wrote any. The sender is the model.
# Arguments: ``created`` (whether all rows are new), ``fields`` (a frozenset of the names of the fields written),
# ``updated`` (those of them that were written to rows that were there already), ``count`` (how many rows; at most so
# many, where conflicts are ignored or update) and ``using`` (the alias of the database).
rows_written = Signal()
