"""A signal's arguments as JSON text, and back: what comes out equals what went in, in value and in type.

What JSON has no word for is ``{"$": [kind, ...]}``. Of a model instance the key is stored, and where it lives:
receivers get it as the database has it when they are called.
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

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import connections, router
from django.db.models import Model, QuerySet

from outbox.names import UndeliverableError

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


def dump(value: Any) -> str:
    """What was encoded, as text; always the same for the same."""
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def load(text: str) -> dict[str, Any]:
    """The arguments. Raises UndeliverableError if they cannot be read, or an instance is gone."""
    try:
        return {name: decode(value) for name, value in json.loads(text).items()}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, ValidationError) as error:
        raise UndeliverableError(f"The arguments cannot be read: {error!r}.") from error


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
    if kind in _SIMPLE:
        return {TAG: [kind.__name__, str(value)]}
    if kind is timedelta:
        return {TAG: ["timedelta", value.days, value.seconds, value.microseconds]}
    remedy = next((remedy for base, remedy in INSTEAD.items() if isinstance(value, base)), STORABLE)
    raise TypeError(f"{path} cannot be stored, as it is a {kind.__module__}.{kind.__qualname__}. {remedy}")


def decode(value: Any) -> Any:
    """The other way round."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {key: decode(item) for key, item in value.items()}
    kind, *parts = value[TAG]
    return _DECODERS[kind](*parts)


def _encoded_instance(instance: Model, path: str) -> list[Any]:
    label = instance._meta.label
    if instance.pk is None or instance._state.adding or instance._state.db is None:
        raise ValueError(f"{path} cannot be stored, as this {label} is in no database. Save it first.")
    # Not where it was read from: a replica may not have it yet when the receiver is called.
    return [label, encode(instance.pk, f"{path}.pk"), router.db_for_write(type(instance), instance=instance)]


def _decoded_instance(label: str, key: Any, using: str) -> Model:
    try:
        model: type[Model] = apps.get_model(label)
    except LookupError as error:
        raise UndeliverableError(f"There is no model {label}.") from error
    if using not in connections:
        raise UndeliverableError(f"There is no database {using}.")
    key = decode(key)
    try:
        return model._base_manager.using(using).get(pk=key)
    except ObjectDoesNotExist as error:
        raise UndeliverableError(f"There is no {label} {key}.") from error


def _encoded_time(value: datetime | time, path: str) -> list[Any]:
    """As text, which has a zone that is an offset; of two equal times in an autumn night, which; the zone's name."""
    zone = value.tzinfo
    if isinstance(zone, ZoneInfo) and zone.key:
        return [value.replace(tzinfo=None).isoformat(), value.fold, zone.key]
    if zone is None or type(zone) is timezone:
        return [value.isoformat(), value.fold, ""]
    raise TypeError(f"{path} cannot be stored, as its time zone is {zone!r}. Zones are ZoneInfo or datetime.timezone.")


def _decoder_of_time(kind: type[datetime] | type[time]) -> Callable[[str, int, str], datetime | time]:
    def decoded(text: str, fold: int, zone: str) -> datetime | time:
        value = kind.fromisoformat(text)
        return value.replace(fold=fold, tzinfo=ZoneInfo(zone) if zone else value.tzinfo)

    return decoded


# Kinds that are made of the text that they make.
_SIMPLE: dict[type, Callable[[str], Any]] = {date: date.fromisoformat, Decimal: Decimal, UUID: UUID}

_DECODERS: dict[str, Callable[..., Any]] = {
    **{kind.__name__: made for kind, made in _SIMPLE.items()},
    "dict": lambda items: {key: decode(item) for key, item in items.items()},
    "instance": _decoded_instance,
    "datetime": _decoder_of_time(datetime),
    "time": _decoder_of_time(time),
    "timedelta": timedelta,
}
