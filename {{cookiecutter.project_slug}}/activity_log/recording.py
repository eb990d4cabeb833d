"""Writing entries, in the transaction of what they tell of, with one statement each."""

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, ManyToManyField, Model
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from accounts.models import User
from activity_log.models import ActivityEntry
from activity_log.named import AnyField, Recorded, end_of, lineage, link_fields, recorded
from activity_log.statements import COMMON, OF_OBJECT, Writer
from activity_log.values import key_of, label_of, told, told_of
from core.actors import who

Kind = ActivityEntry.Kind

# How much is written with one INSERT, in characters. PostgreSQL takes 256 MB.
LONGEST_STATEMENT = 10_000_000

# The SQL, by what it depends on: there are as many as there are ways in which the code saves a model.
_statements: dict[tuple[object, ...], str] = {}


@dataclass
class Prediction:
    """What an update was going to write when its entry was written."""

    entry: int | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    values: dict[AnyField, Any] = field(default_factory=dict)


def record_created(instance: Model, using: str) -> None:
    """Record that an object was created, and with what: from memory, so that the INSERT is the only query."""
    model = recorded(type(instance))
    values = {field: told_of(instance, field) for field in model.fields}
    changes = {field.name: [None, value] for field, value in values.items() if not is_empty(value)}
    insert(Kind.CREATED, instance, changes, using)


def record_changed(instance: Model, using: str, update_fields: Collection[str] | None) -> Prediction:
    """Record what an update is about to change: in the database, which may hold other values than was once read."""
    model, connection = recorded(type(instance)), connections[using]
    fields = written(model, update_fields)
    if not fields:
        return Prediction()
    parameters: list[Any] = []
    expressions = set()
    for each in fields:
        value = getattr(instance, each.attname)
        if hasattr(value, "resolve_expression"):
            expressions.add(each.name)
            parameters.append(str(value))
        else:
            parameters.append(each.get_db_prep_save(value, connection))
    parameters += [prepared_key(instance, using), *common(Kind.CHANGED, model, using), key_of(instance)]
    uncertain = frozenset(expressions)
    sql = statement(using, (model, fields, uncertain), lambda writer: writer.change(model, fields, uncertain))
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    entry, changes = (row[0], json.loads(row[1])) if row else (None, {})
    return Prediction(entry, changes, {each: told(end_of(each), getattr(instance, each.attname)) for each in fields})


def correct(instance: Model, using: str, prediction: Prediction) -> None:
    """Correct the entry, if something was written that was not in the instance when the entry was.

    Another receiver of ``pre_save`` may have changed it, or the field itself, as one for files does.
    """
    model, changes = recorded(type(instance)), dict(prediction.changes)
    values = {each: told(end_of(each), getattr(instance, each.attname)) for each in prediction.values}
    if values == prediction.values:
        return
    for each, value in values.items():
        if value == prediction.values[each]:
            continue
        # Not told of: it was what was going to be written.
        old = changes[each.name][0] if changes.get(each.name) else as_reference(each, prediction.values[each])
        new = told_of(instance, each)
        if each.name in model.secrets:
            changes[each.name] = None
        elif bare(each, old) == bare(each, new):
            changes.pop(each.name, None)
        else:
            changes[each.name] = [old, new]
    if prediction.entry is None:
        insert(Kind.CHANGED, instance, changes, using)
        return
    entries = ActivityEntry.objects.using(using).filter(pk=prediction.entry)
    if changes:
        entries.update(changes=changes)
    else:
        entries.delete()


def record_overwritten(instance: Model, using: str, update_fields: Collection[str] | None) -> None:
    """Record an update of which nothing was known before: an object with a key of its own, saved over another."""
    fields = written(recorded(type(instance)), update_fields)
    insert(Kind.CHANGED, instance, {field.name: {"new": told_of(instance, field)} for field in fields}, using)


def record_deleted(instance: Model, using: str) -> None:
    """Record what an object's row holds that is about to be deleted, however little of it is in memory."""
    model = recorded(type(instance))
    parameters = [prepared_key(instance, using), *common(Kind.DELETED, model, using), key_of(instance)]
    with connections[using].cursor() as cursor:
        cursor.execute(statement(using, (model,), lambda writer: writer.deletion(model)), parameters)


def record_all_deleted(instances: Collection[Model], using: str) -> None:
    """Record that objects of one model were deleted, and what they held: from memory, with as few INSERTs as can be."""
    model, rows = recorded(type(next(iter(instances)))), [""]
    for instance in instances:
        values = {field: told_of(instance, field) for field in model.own}
        changes = {field.name: [value, None] for field, value in values.items() if not is_empty(value)}
        row = json.dumps([key_of(instance), label_of(instance) or "", without_secrets(model, changes)])
        if len(rows[-1]) + len(row) > LONGEST_STATEMENT:
            rows.append("")
        rows[-1] += f",{row}" if rows[-1] else row
    sql = statement(using, ("many",), Writer.many)
    with connections[using].cursor() as cursor:
        for batch in filter(None, rows):
            cursor.execute(sql, [*common(Kind.DELETED, model, using), f"[{batch}]"])


def record_links(
    links: ManyToManyField[Any, Any],
    action: str,
    *,
    model: type[Model],
    instance: Model,
    others: Collection[Any],
    reverse: bool,
    using: str,
) -> None:
    """Record the links that were added or are about to be removed, for each object of ``model`` that has them.

    They are those of ``instance`` with the objects that have the keys ``others``, or with all, if there are none. The
    instance is the object that has the links, or, ``reverse``, the one that they lead to.
    """
    names, connection = recorded(model), connections[using]
    one, other = reversed(link_fields(links)) if reverse else link_fields(links)
    keys = [
        one.get_db_prep_save(getattr(instance, one.target_field.attname), connection),
        *(other.get_db_prep_save(key, connection) for key in others),
    ]
    sql = Writer(using).links(names, links, action, count=len(others), reverse=reverse)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*common(Kind.CHANGED, names, using), *keys])


def record_bulk_write(
    model: type[Model], count: int, *, created: bool = False, fields: Iterable[str] = (), using: str | None = None
) -> None:
    """Record that rows were written at once: how many and which fields, not which rows and what was in them.

    Call it, in the same transaction, after a write that announces nothing: raw SQL, or a queryset that is no
    ``AnnouncingQuerySet``. Nothing is recorded if no field is one that is told of.
    """
    names = recorded(model)
    using = using or router.db_for_write(names.model)
    changes = dict.fromkeys(sorted({each.name for each in names.some(frozenset(fields))}))
    if created or changes:
        kind = Kind.CREATED if created else Kind.CHANGED
        rows = f"{count} row{'' if count == 1 else 's'}"
        write(kind, names, ["", rows, json.dumps({} if created else changes)], using)


class WithoutAddress(Func):
    """``changes``, of the field ``email`` only that it was written."""

    template = "JSONB_SET(%(expressions)s, '{email}', 'null', FALSE)"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        template = "JSON_REPLACE(%(expressions)s, '$.email', NULL)"
        return self.as_sql(compiler, connection, template=template, **context)


def forget_address(user: Model, using: str) -> None:
    """Take the addresses of a user out of the entries about them, by one UPDATE."""
    entries = ActivityEntry.objects.using(using).filter(model__in=lineage(User), object_key=key_of(user))
    entries.filter(changes__has_key="email").update(changes=WithoutAddress("changes"))


def insert(kind: str, instance: Model, changes: dict[str, Any], using: str) -> None:
    """Insert what is known of an object."""
    model = recorded(type(instance))
    told_changes = json.dumps(without_secrets(model, changes))
    write(kind, model, [key_of(instance), label_of(instance) or "", told_changes], using)


def write(kind: str, model: Recorded, values: list[Any], using: str) -> None:
    """Insert an entry with these values of ``OF_OBJECT``."""
    sql = statement(using, (), lambda writer: f"{writer.into} VALUES ({writer.parameters([*COMMON, *OF_OBJECT])})")
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [*common(kind, model, using), *values])


def common(kind: str, model: Recorded, using: str) -> list[Any]:
    """The values of ``COMMON``."""
    actor = who()
    now = connections[using].ops.adapt_datetimefield_value(timezone.now())
    return [str(kind), model.name, actor.user_id, actor.actor, actor.request_id, now]


def statement(using: str, key: tuple[object, ...], write: Callable[[Writer], str]) -> str:
    """The SQL of a statement, made once."""
    key = (connections[using].vendor, *key)
    if key not in _statements:
        _statements[key] = write(Writer(using))
    return _statements[key]


def prepared_key(instance: Model, using: str) -> Any:
    """The key of an object, as the database takes it."""
    return instance._meta.pk.get_db_prep_save(instance.pk, connections[using])


def written(model: Recorded, update_fields: Collection[str] | None) -> tuple[AnyField, ...]:
    """The fields that a save writes."""
    return model.fields if update_fields is None else model.some(frozenset(update_fields))


def without_secrets(model: Recorded, changes: dict[str, Any]) -> dict[str, Any]:
    """The same, but of secrets only that they were written."""
    return {name: None if name in model.secrets else change for name, change in changes.items()}


def as_reference(field: AnyField, value: Any) -> Any:
    """A value as it is told: a key of a related object without the label, which is not known."""
    return value if value is None or end_of(field) is field else {"key": value, "label": None}


def bare(field: AnyField, value: Any) -> Any:
    """A value, or of a related object its key alone."""
    return value if value is None or end_of(field) is field else value["key"]


def is_empty(value: Any) -> bool:
    """Whether there is nothing to tell."""
    return value is None or value == ""
