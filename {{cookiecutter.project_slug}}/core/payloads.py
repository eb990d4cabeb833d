"""What receivers in another process could be told: a signal's arguments as JSON.

What JSON has no word for is ``{"$": [kind, ...]}``. A model instance is stored as its key and its database.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import router
from django.db.models import Model, QuerySet

TAG = "$"

# What would do instead of what cannot be stored.
INSTEAD: dict[type, str] = {
    tuple: "Send a list.",
    set: "Send a sorted list.",
    frozenset: "Send a sorted list.",
    bytes: "Send text.",
    Enum: "Send its value.",
    QuerySet: "Send a list of keys, or what finds the rows.",
}
STORABLE = "What can be: None, bool, int, float, str, list, dict, dates and times, Decimal, UUID, and model instances."

# Kinds that are made of the text that they make.
SIMPLE: dict[type, Callable[[str], Any]] = {date: date.fromisoformat, Decimal: Decimal, UUID: UUID}


def dump(value: Any) -> str:
    """What was encoded, as text; always the same for the same."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def encode(value: Any, path: str) -> Any:
    """A value as JSON has it. TypeError or ValueError if it cannot be stored; they call it by its ``path``."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        if not isfinite(value):
            raise ValueError(f"{path} cannot be stored, as it is {value}.")
        return value
    if kind is list:
        return [encode(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if kind is dict:
        for key in value:
            if type(key) is not str:
                raise TypeError(f"{path} cannot be stored, as it has the key {key!r}. Keys are str.")
        encoded = {key: encode(item, f"{path}[{key!r}]") for key, item in value.items()}
        return {TAG: ["dict", encoded]} if TAG in value else encoded
    if isinstance(value, Model):
        return {TAG: ["instance", *_encoded_instance(value, path)]}
    if kind in (datetime, time):
        return {TAG: [kind.__name__, *_encoded_time(value, path)]}
    if kind in SIMPLE:
        return {TAG: [kind.__name__, str(value)]}
    if kind is timedelta:
        return {TAG: ["timedelta", value.days, value.seconds, value.microseconds]}
    remedy = next((remedy for base, remedy in INSTEAD.items() if isinstance(value, base)), STORABLE)
    raise TypeError(f"{path} cannot be stored, as it is a {kind.__module__}.{kind.__qualname__}. {remedy}")


def _encoded_instance(instance: Model, path: str) -> list[Any]:
    label = instance._meta.label
    if instance.pk is None or instance._state.adding or instance._state.db is None:
        raise ValueError(f"{path} cannot be stored, as this {label} is in no database. Save it first.")
    # Not where it was read from: a replica may not have it yet when the receiver is called.
    return [label, encode(instance.pk, f"{path}.pk"), router.db_for_write(type(instance), instance=instance)]


def _encoded_time(value: datetime | time, path: str) -> list[Any]:
    """As text, which has a zone that is an offset; of two equal times in an autumn night, which; the zone's name."""
    zone = value.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key:
        return [value.replace(tzinfo=None).isoformat(), value.fold, zone.key]
    if zone is None or type(zone) is timezone:
        return [value.isoformat(), value.fold, ""]
    raise TypeError(f"{path} cannot be stored, as its time zone is {zone!r}. Zones are ZoneInfo or datetime.timezone.")
