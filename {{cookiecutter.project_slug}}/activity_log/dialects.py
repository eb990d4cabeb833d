"""Where the SQL of PostgreSQL and of SQLite differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DecimalField

from activity_log.named import AnyField, end_of


@dataclass(frozen=True)
class Dialect:
    """The functions for JSON and the like. In the templates ``{x}`` is the column, ``{places}`` of a decimal."""

    array: str
    object: str
    gather_array: str
    as_json: str  # keeps JSON that comes out of a subquery or a CASE from being taken for a text
    json: str  # the column ``changes``, a text, as it is stored
    null: str  # no JSON at all
    each: str  # the values of ``statements.OF_OBJECT``, for each list in a list
    differs: str
    exact: str  # the collation that tells all texts apart
    lock: str
    casts: bool  # whether a parameter takes its type from a CAST
    values: Mapping[str, str]  # by the type of a field: the value as it stands in JSON


DIALECTS = {
    "postgresql": Dialect(
        array="jsonb_build_array",
        object="jsonb_build_object",
        gather_array="jsonb_agg",
        as_json="",
        json="CAST(changes AS jsonb)",
        null="CAST(NULL AS jsonb)",
        each="value->>0, value->>1, value->2 FROM jsonb_array_elements(CAST(%s AS jsonb))",
        differs="IS DISTINCT FROM",
        exact=' COLLATE "C"',
        lock=" FOR NO KEY UPDATE",
        casts=True,
        values={
            "DecimalField": "CAST({x} AS text)",
            "DurationField": "EXTRACT(EPOCH FROM {x})",
        },
    ),
    "sqlite": Dialect(
        array="json_array",
        object="json_object",
        gather_array="json_group_array",
        as_json="json",
        json="changes",
        null="NULL",
        each="json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(%s)",
        differs="IS NOT",
        exact=" COLLATE BINARY",
        lock="",
        casts=False,
        values={
            "BooleanField": "json(CASE {x} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)",
            "DateTimeField": "(REPLACE({x}, ' ', 'T') || '+00:00')",
            "DecimalField": "CASE WHEN {x} IS NOT NULL THEN printf('%%.{places}f', {x}) END",
            "DurationField": "({x} / 1000000.0)",
            # All its digits: by itself SQLite gives JSON 15 of 17.
            "FloatField": "json(CASE WHEN ABS({x}) > 1.7976931348623157e308 THEN json_quote(CAST({x} AS text))"
            " WHEN {x} IS NOT NULL THEN printf('%%!.17g', {x}) END)",
            "JSONField": "json({x})",
            "UUIDField": "(SUBSTR({x}, 1, 8) || '-' || SUBSTR({x}, 9, 4) || '-' || SUBSTR({x}, 13, 4) || '-'"
            " || SUBSTR({x}, 17, 4) || '-' || SUBSTR({x}, 21))",
        },
    ),
}


def value(dialect: Dialect, field: AnyField, column: str) -> str:
    """SQL for what a column holds, as it stands in JSON."""
    end = end_of(field)
    places = end.decimal_places if isinstance(end, DecimalField) else None
    return dialect.values.get(end.get_internal_type(), "{x}").format(x=column, places=places)


def parameter(connection: BaseDatabaseWrapper, field: AnyField) -> str:
    """SQL for a parameter that is compared with a column of the field, or stored in one."""
    # SQLite compares values as they are bound; only a decimal is bound as a text.
    if DIALECTS[connection.vendor].casts or isinstance(end_of(field), DecimalField):
        return f"CAST(%s AS {field.cast_db_type(connection)})"
    return "%s"
