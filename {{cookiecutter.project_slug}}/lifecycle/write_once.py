"""Fields that are written once: ``write_once = ("created_at",)`` in a model's class.

A save that would change one is refused, and so is ``update()`` or ``bulk_update()`` that names one. What a row holds is
remembered when it is loaded, so that a save goes without a query, unless it looks like a change: then the row is asked.
That is what ``post_init`` is for. It costs two or three microseconds for each instance of these models, and nearly
nothing for others; without it each save would cost a SELECT.

Fixtures, migrations (whose models have no such attribute) and raw SQL may change what they like.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Field, Model

AnyField = Field[Any, Any]

# Where an instance remembers: among what Django itself knows of its row, so that it goes along when an instance is
# copied or pickled, and is no attribute of the object.
MEMORY = "write_once"

_models: dict[str, type[Model]] = {}


class WriteOnceError(IntegrityError):
    """A field that is written once would have been written again.

    An IntegrityError, like that of an INSERT with a key that is taken, which ``get_or_create()`` handles: receivers are
    not told whether a save has to be an INSERT.
    """


def register(model: type[Model]) -> None:
    """Note a model that has a ``write_once``, its own or inherited.

    Migrations prepare models too, again and again: those belong to another registry of apps.
    """
    if names_of(model) and model._meta.apps is apps:
        _models[model._meta.label] = model


def models() -> list[type[Model]]:
    """The models that were noted."""
    return list(_models.values())


def names_of(model: type[Model]) -> Any:
    """What the model has as its ``write_once``; nothing if it has none."""
    return getattr(model, "write_once", ())


@cache
def fields_of(model: type[Model]) -> tuple[AnyField, ...]:
    """The fields that are written once. What is no field of the model is left to the system check."""
    names = names_of(model)
    if not isinstance(names, (list, tuple)):
        return ()
    return tuple(field for field in model._meta.concrete_fields if field.name in names and not field.primary_key)


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in fields_of(model))


def remember(instance: Model) -> None:
    """Note what the fields of an instance hold, those that are loaded, and under which key."""
    values = vars(instance)
    if known := {name: values[name] for name in _columns(type(instance)) if name in values}:
        vars(instance._state)[MEMORY] = instance.pk, known


def refuse_change(instance: Model, using: str, update_fields: Collection[str] | None) -> None:
    """Raise WriteOnceError if saving the instance would change a field that is written once.

    No query, unless a value differs from the one remembered, or none is.
    """
    state = instance._state
    if state.adding or state.db != using:
        vars(state).pop(MEMORY, None)  # it is not of the row that this may find
    if instance.pk is None or (state.adding and instance._meta.pk.has_default()):
        return  # a new row
    values = vars(instance)
    doubtful = [
        field
        for field in fields_of(type(instance))
        if field.attname in values
        and (update_fields is None or field.name in update_fields or field.attname in update_fields)
        and not _is_known(instance, field)
    ]
    changed = [
        field.name
        for field, value in _stored(instance, doubtful, using)
        if not _is_same(field, value, values[field.attname])
    ]
    if changed and state.adding:
        raise WriteOnceError(
            f"There is a {instance._meta.label} {instance.pk} already, and this would change what is written once:"
            f" {', '.join(changed)}. Load it to change it, or choose another key."
        )
    if changed:
        raise WriteOnceError(
            f"{instance._meta.label} {instance.pk} was not saved, as this would change what is written once:"
            f" {', '.join(changed)}. Leave it as it was: refresh_from_db(fields={changed}) brings it back."
        )


def _is_known(instance: Model, field: AnyField) -> bool:
    """Whether the row is known to hold what the instance does."""
    value = vars(instance)[field.attname]
    key, known = vars(instance._state).get(MEMORY, (None, {}))
    return (
        key == instance.pk
        and field.attname in known
        and bool(known[field.attname] == value)
        and type(value).__hash__ is not None  # else it may have been changed in place, and the memory with it
        and not hasattr(value, "resolve_expression")  # else the row holds what the database has made of it
    )


def _stored(instance: Model, fields: list[AnyField], using: str) -> Iterator[tuple[AnyField, object]]:
    """What the rows hold: a model that inherits has one in each table, of which some may be new. Nothing if all are."""
    for model in dict.fromkeys(field.model for field in fields):
        link = instance._meta.get_ancestor_link(model)
        key = vars(instance)[link.attname] if link else instance.pk
        own = [field for field in fields if field.model is model]
        rows = model._base_manager.using(using).filter(pk=key)
        for row in rows.values_list(*(field.attname for field in own)):
            yield from zip(own, row, strict=True)


def _is_same(field: AnyField, stored: object, value: object) -> bool:
    if stored == value:
        return True
    try:
        return bool(stored == field.to_python(value))  # a text may stand for a date
    except (TypeError, ValidationError):
        return False  # an expression, for one


def refuse_changes(model: type[Model], updated: Iterable[str], using: str) -> None:
    """Raise WriteOnceError if one of the fields ``updated`` of rows that were there already is written once.

    The rows have been written: the transaction around can only be rolled back, as after an error of the database.
    """
    changed = sorted({field.name for field in fields_of(model)}.intersection(updated))
    if changed:
        with transaction.mark_for_rollback_on_error(using):
            raise WriteOnceError(
                f"Rows of {model._meta.label} were not written, as this would change what is written once:"
                f" {', '.join(changed)}. Leave it out."
            )
