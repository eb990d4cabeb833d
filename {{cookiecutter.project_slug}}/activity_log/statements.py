"""The statements that write entries: each reads what stood in the database and inserts what is told of it, at once."""

from collections.abc import Sequence
from typing import Any

from django.db import connections
from django.db.models import ForeignKey, ManyToManyField, Model

from activity_log.dialects import DIALECTS, Dialect, parameter, value
from activity_log.models import ActivityEntry
from activity_log.named import AnyField, Recorded, column_of, is_text, label_field, link_fields, owner_field

# In this order in all statements: what is the same for each object, and what is not.
COMMON = ("kind", "model", "user_id", "actor", "request_id", "time")
OF_OBJECT = ("object_key", "label", "changes")

EMPTY = "''"


class Writer:
    """Writes SQL for one database."""

    def __init__(self, using: str) -> None:
        self.connection = connections[using]
        self.dialect: Dialect = DIALECTS[self.connection.vendor]

    def quote(self, name: str) -> str:
        """The name of a table or a column."""
        return self.connection.ops.quote_name(name).replace("%", "%%")

    @property
    def into(self) -> str:
        """INSERT, up to the values."""
        return f"INSERT INTO {self.quote(ActivityEntry._meta.db_table)} ({', '.join([*COMMON, *OF_OBJECT])})"

    def parameters(self, columns: Sequence[str]) -> str:
        """The parameters for columns of the entry."""
        fields = {field.column: field for field in ActivityEntry._meta.concrete_fields}
        return ", ".join(parameter(self.connection, fields[column]) for column in columns)

    def column(self, field: AnyField) -> str:
        """A column with its table."""
        return f"{self.quote(field.model._meta.db_table)}.{self.quote(column_of(field))}"

    def text(self, field: AnyField, sql: str) -> str:
        """A key, as text."""
        return f"CAST({value(self.dialect, field, sql)} AS {'varchar' if self.dialect.casts else 'text'})"

    def label(self, model: type[Model], field: AnyField, key: str) -> str:
        """What the object is called that has this key in this field."""
        named_by = label_field(model)
        if named_by is None:
            owner = owner_field(model)
            if owner is None:
                return "NULL"
            return self.label(owner.remote_field.model, owner.target_field, self.cell(owner, field, key))
        return f"SUBSTR({self.cell(named_by, field, key)}, 1, 200)"

    def cell(self, wanted: AnyField, field: AnyField, key: str) -> str:
        """What the row holds in one field that has this key in another."""
        if wanted.model is not field.model:
            field = wanted.model._meta.pk  # a parent, which has the same key
        table, column = self.quote(wanted.model._meta.db_table), self.quote(column_of(wanted))
        return clauses(f"(SELECT l.{column}", f"FROM {table} l", f"WHERE l.{self.quote(column_of(field))} = {key})")

    def held(self, field: AnyField, sql: str) -> str:
        """What a column holds, as it stands in JSON; of a related object the key and the label."""
        if not isinstance(field, ForeignKey):
            return value(self.dialect, field, sql)
        reference = self.reference(field.remote_field.model, field.target_field, sql)
        return f"{self.dialect.as_json}(CASE WHEN {sql} IS NOT NULL THEN {reference} END)"

    def reference(self, model: type[Model], field: AnyField, sql: str) -> str:
        """The related object that has this key in this field."""
        key = value(self.dialect, field, sql)
        return f"{self.dialect.object}('key', {key}, 'label', {self.label(model, field, sql)})"

    def tables(self, model: type[Model]) -> str:
        """The tables that an object of the model lies in."""
        joins = [
            f" INNER JOIN {self.quote(parent._meta.db_table)} ON {self.column(link)} = {self.column(parent._meta.pk)}"
            for parent, link in model._meta.parents.items()
            if link is not None
        ]
        return self.quote(model._meta.db_table) + "".join(joins)

    def change(self, model: Recorded, fields: Sequence[AnyField], expressions: frozenset[str]) -> str:
        """Insert what is about to change in a row, unless nothing is. Answers with the entry's key and its changes.

        Parameters: the new values; the key; then the entry's common columns and the object's key. ``expressions`` are
        the names of the fields whose new value only the database can tell.
        """
        columns, parts = [], []
        for number, field in enumerate(fields):
            old, new = f"o{number}", f"n{number}"
            if field.name in expressions:
                columns.append(f"{self.column(field)} AS {old}, CAST(%s AS text) AS {new}")
                parts.append(self.part(model, field, "1 = 1", self.held(field, old), new))
            else:
                columns.append(f"{self.column(field)} AS {old}, {parameter(self.connection, field)} AS {new}")
                # Letter by letter: to a collation that ignores case, another case would be no change.
                exact = self.dialect.exact if getattr(field, "db_collation", None) else ""
                differs = f"{old}{exact} {self.dialect.differs} {new}{exact}"
                parts.append(self.part(model, field, differs, self.held(field, old), self.held(field, new)))
        return clauses(self.entry(model, columns, parts), "WHERE changes <> '{}' RETURNING id, changes")

    def deletion(self, model: Recorded) -> str:
        """Insert what a row holds that is about to be deleted. Parameters: as above, without the new values."""
        columns, parts = [], []
        for number, field in enumerate(model.own):
            old = f"o{number}"
            columns.append(f"{self.column(field)} AS {old}")
            there = f"{old} IS NOT NULL AND {old} <> ''" if is_text(field) else f"{old} IS NOT NULL"
            parts.append(self.part(model, field, there, self.held(field, old), "NULL"))
        return self.entry(model, columns, parts)

    def entry(self, model: Recorded, columns: Sequence[str], parts: Sequence[str]) -> str:
        """Insert what the parts tell of a row.

        The row is locked: nobody else can change it between what is read here and the end of the transaction. The JSON
        is put together as text: to gather it from rows takes PostgreSQL longer to plan than to do.
        """
        key = model.model._meta.pk
        label = f"{self.label(model.model, key, self.column(key))} AS label"
        stored = clauses(
            f"SELECT {', '.join([label, *columns])}",
            f"FROM {self.tables(model.model)}",
            f"WHERE {self.column(key)} = %s{self.dialect.lock}",
        )
        changes = clauses("'{' ||", f"SUBSTR({' || '.join(parts or [EMPTY])}, 2)", "|| '}'")
        told = clauses(f"SELECT label, {changes} AS changes", "FROM stored")
        return clauses(
            f"WITH stored AS ({stored}), told AS ({told})",
            self.into,
            f"SELECT {self.parameters([*COMMON, 'object_key'])}, COALESCE(label, ''), {self.dialect.json}",
            "FROM told",
        )

    def part(self, model: Recorded, field: AnyField, condition: str, old: str, new: str) -> str:
        """What is told of one field, on a condition: of a secret that it was written, and no more."""
        pair = "'null'" if field.name in model.secrets else f"CAST({self.dialect.array}({old}, {new}) AS text)"
        return f"CASE WHEN {condition} THEN ',\"{field.name}\":' || {pair} ELSE '' END"

    def links(
        self, model: Recorded, links: ManyToManyField[Any, Any], action: str, *, count: int, reverse: bool
    ) -> str:
        """Insert, for each object, the links that were added or are about to be removed.

        Parameters: the entry's common columns; the key of the object that has the links, or that they lead to if
        ``reverse``; and ``count`` keys of those on the other side, or none to take them all.
        """
        source, target = link_fields(links)
        ours, theirs = (self.quote(column_of(field)) for field in (source, target))
        one, other = (theirs, ours) if reverse else (ours, theirs)
        only = f" AND {other} IN ({', '.join(['%s'] * count)})" if count else ""
        linked = clauses(
            f"SELECT {ours} AS ours, {theirs} AS theirs",
            f"FROM {self.quote(source.model._meta.db_table)}",
            # Whoever removes the same links at the same time waits, and finds none.
            f"WHERE {one} = %s{only} ORDER BY {theirs}{self.dialect.lock if action == 'removed' else ''}",
        )
        there = self.reference(links.remote_field.model, target.target_field, "theirs")
        changes = f"{self.dialect.object}('{action}', {self.dialect.gather_array}({there}))"
        told = self.dialect.null if links.name in model.secrets else changes
        return clauses(
            self.into,
            f"SELECT {self.parameters(COMMON)}, {self.text(source.target_field, 'ours')},",
            f"COALESCE({self.label(model.model, source.target_field, 'ours')}, ''),",
            f"{self.dialect.object}('{links.name}', {told})",
            f"FROM ({linked}) linked GROUP BY ours",
        )

    def many(self) -> str:
        """Insert entries of many objects at once. Parameters: the common columns, then the others as JSON: a list."""
        return clauses(self.into, f"SELECT {self.parameters(COMMON)}, {self.dialect.each}")


def clauses(*parts: str) -> str:
    """A statement of its parts."""
    return " ".join(parts)
