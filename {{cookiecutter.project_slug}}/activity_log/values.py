"""Values as entries hold them: what JSON knows, the same whether Python or the database has written it."""

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import DecimalField, ForeignKey, JSONField, Model
from django.utils.timezone import is_aware, make_aware

from activity_log.named import AnyField, end_of, is_text, label_field, owner_field
from core.actors import storable


def told(field: AnyField, value: Any) -> Any:
    """A value of a field, as an entry holds it. A copy: it stays as it is when the value is changed in place."""
    if value is None or (isinstance(value, str) and is_text(field)):
        return value
    if hasattr(value, "resolve_expression"):
        return str(value)
    if isinstance(field, JSONField):
        return json.loads(json.dumps(value, cls=field.encoder))
    value = field.to_python(value)
    return f"{value:.{field.decimal_places}f}" if isinstance(field, DecimalField) else plain(value)


def plain(value: Any) -> Any:
    """A value in what JSON knows."""
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return plain_time(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return str(value)


def plain_time(time: datetime) -> str:
    """A time in UTC, as the database has it."""
    if settings.USE_TZ and not is_aware(time):
        time = make_aware(time)  # as its field does
    try:
        return (time.astimezone(UTC) if is_aware(time) else time).isoformat()
    except OverflowError:  # it is in the year 0 or 10000 there
        return time.isoformat()


def told_of(instance: Model, field: AnyField) -> Any:
    """What an instance holds in a field; of a related object its key, and its label if the object is at hand."""
    value = told(end_of(field), getattr(instance, field.attname))
    if not isinstance(field, ForeignKey) or value is None:
        return value
    related = field.get_cached_value(instance, default=None)
    return {"key": value, "label": label_of(related) if related is not None else None}


def label_of(instance: Model) -> str | None:
    """What an object is called, as far as that takes no query."""
    field = label_field(instance._meta.model)  # not of its type: it may be a lazy object, as request.user is
    if field is not None:
        value = None if field.attname in instance.get_deferred_fields() else getattr(instance, field.attname)
        return storable(value)[:200] if isinstance(value, str) else None
    owner = owner_field(instance._meta.model)
    related = owner.get_cached_value(instance, default=None) if owner else None
    return label_of(related) if related is not None else None


def key_of(instance: Model) -> str:
    """The key of an object, as text."""
    return str(told(end_of(instance._meta.pk), instance.pk))
