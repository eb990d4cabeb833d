"""A signal's arguments, read back from JSON: what comes out equals what went in, in value and in type.

Receivers get a model instance as the database has it when they are called.
"""

import json
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import connections
from django.db.models import Model

from core.names import UndeliverableError
from core.payloads import SIMPLE, TAG


def load(text: str) -> dict[str, Any]:
    """The arguments. Raises UndeliverableError if they cannot be read, or an instance is gone."""
    try:
        return {name: decode(value) for name, value in json.loads(text).items()}
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, ValidationError) as error:
        raise UndeliverableError(f"The arguments cannot be read: {error!r}.") from error


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


def _decoder_of_time(kind: type[datetime] | type[time]) -> Callable[[str, int, str], datetime | time]:
    def decoded(text: str, fold: int, zone: str) -> datetime | time:
        value = kind.fromisoformat(text)
        return value.replace(fold=fold, tzinfo=ZoneInfo(zone) if zone else value.tzinfo)

    return decoded


_DECODERS: dict[str, Callable[..., Any]] = {
    **{kind.__name__: made for kind, made in SIMPLE.items()},
    "dict": lambda items: {key: decode(item) for key, item in items.items()},
    "instance": _decoded_instance,
    "datetime": _decoder_of_time(datetime),
    "time": _decoder_of_time(time),
    "timedelta": timedelta,
}
