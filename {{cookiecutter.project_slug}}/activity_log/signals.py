"""Records what is done to the objects of named models. An error propagates: nothing is changed unrecorded."""

from collections.abc import Collection
from typing import Any

from django.db.models import Model, QuerySet

from activity_log import recording
from activity_log.named import links_of, recorded, through_of
from activity_log.recording import Prediction

# Where an instance keeps, from pre_save to post_save, what its update was going to write: one for each save, since a
# receiver may save the instance again. Where whatever a deletion began with keeps what it takes along.
PREDICTIONS = "_activity_predictions"
DELETED = "_activity_deleted"


def record_change(
    instance: Model, *, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Record an update before it happens, while the database still has the old values.

    An instance that is new to the database is not there yet, unless somebody has given it a key that is usually given
    by the database: then it may be.
    """
    if raw:
        return
    predictions: list[Prediction | None] = vars(instance).setdefault(PREDICTIONS, [])
    for outer in filter(None, predictions):
        outer.values.clear()  # what this save writes is its own, and no correction of that one
    new = instance._state.adding and instance._meta.auto_field is None
    known = instance.pk is not None and not new
    predictions.append(recording.record_changed(instance, using, update_fields) if known else None)


def record_save(
    instance: Model, *, created: bool, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Record a creation. Of an update, put right what was recorded before it, if something else was written."""
    if raw:
        vars(instance)[LOADED] = True
        return
    predictions: list[Prediction | None] = vars(instance).pop(PREDICTIONS, None) or [None]
    prediction = predictions.pop()
    if predictions:
        vars(instance)[PREDICTIONS] = predictions
    if created:
        recording.record_created(instance, using)
    elif prediction is not None:
        recording.correct(instance, using, prediction)
    else:
        recording.record_overwritten(instance, using, update_fields)


def record_deletion(
    sender: type[Model], instance: Model, *, using: str, origin: Model | QuerySet[Any] | None = None, **kwargs: Any
) -> None:
    """Record the deletion of an object, from its row; of many, keep what is to be recorded when all are known."""
    if origin is None or origin is instance or instance.get_deferred_fields():
        recording.record_deleted(instance, using)
    else:
        vars(origin).setdefault(DELETED, {}).setdefault(sender, {})[instance.pk] = instance


def record_deletions(
    sender: type[Model], *, using: str, origin: Model | QuerySet[Any] | None = None, **kwargs: Any
) -> None:
    """Record all that were kept of this model: Django sends no ``post_delete`` before the last ``pre_delete``."""
    if origin is not None and (instances := vars(origin).get(DELETED, {}).pop(sender, None)):
        recording.record_all_deleted(instances.values(), using)
    if origin is not None and not vars(origin).get(DELETED, True):
        del vars(origin)[DELETED]


def forget_address(instance: Model, *, using: str, **kwargs: Any) -> None:
    """Leave of the addresses that a deleted user had only that there were some, whatever the setting says by now.

    After the deletion: nobody can record another one any more.
    """
    recording.forget_address(instance, using)


# On an instance that comes from a fixture: its links do too, which before Django 6.1 nothing else tells.
LOADED = "_activity_loaded"


def record_links(
    sender: type[Model],
    instance: Model,
    *,
    action: str,
    reverse: bool,
    model: type[Model],
    pk_set: set[Any] | None,
    using: str,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    """Record links that were added or are about to be removed, by the object that they belong to, from either side."""
    told = {"post_add": "added", "pre_remove": "removed", "pre_clear": "removed"}.get(action)
    if raw or LOADED in vars(instance) or told is None or pk_set == set():
        return
    named = model if reverse else type(instance)
    for links in links_of(named):
        if through_of(links) is sender:
            recording.record_links(
                links, told, model=named, instance=instance, others=pk_set or (), reverse=reverse, using=using
            )


def record_rows(
    sender: type[Model],
    *,
    created: bool,
    fields: frozenset[str],
    updated: frozenset[str],
    count: int,
    using: str,
    **kwargs: Any,
) -> None:
    """Record that rows were written at once: how many, and which fields of those that were there already.

    ``bulk_create(update_conflicts=True)`` writes all fields of new rows. If it updates none that is recorded, all that
    there is to tell is that rows may have been created.
    """
    created = created or (fields != updated and not recorded(sender).some(updated))
    recording.record_bulk_write(sender, count, created=created, fields=updated, using=using)
