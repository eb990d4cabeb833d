"""Which models are recorded, and what of them: read from ``ACTIVITY_LOG`` in the settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.db.models import (
    BinaryField,
    CharField,
    Field,
    FileField,
    ForeignKey,
    ManyToManyField,
    Model,
    OneToOneField,
    TextField,
)

# What these are called is told, what they hold never: whatever the setting says.
SECRET = re.compile(
    r"passw|passphrase|secret|token|credential|(api|private|access|secret|session|encryption|signing)_?key"
    r"|recovery_?code|(^|_)(pwd|salt|otp|totp|pin|cvv|cvc)(_|$)",
    re.IGNORECASE,
)

# By what an object is called: the first of these that is a text. No address: it would stay when its user is deleted.
LABELS = ("name", "title", "label", "username", "slug")

AnyField = Field[Any, Any]


@dataclass(frozen=True, eq=False)
class Recorded:
    """What is recorded of a model. Made once, and so the same only as itself."""

    model: type[Model]  # never a proxy
    name: str
    fields: tuple[AnyField, ...]
    own: tuple[AnyField, ...]  # without those of parents that are recorded themselves
    secrets: frozenset[str]
    excluded: frozenset[str]

    def some(self, names: frozenset[str]) -> tuple[AnyField, ...]:
        """Those of the fields that have one of these names."""
        return tuple(field for field in self.fields if field.name in names or field.attname in names)


def recorded_models() -> list[type[Model]]:
    """The named models, and what inherits from them or is a proxy of them: those send signals of their own.

    A name that no model has is left to the system check.
    """
    return [model for model in apps.get_models() if options_of(model)]


def options_of(model: type[Model]) -> list[dict[str, list[str]]]:
    """What the setting says of a model and of those that it inherits from. Empty if it is not recorded."""
    names = {base._meta.label_lower for base in model.__mro__ if hasattr(base, "_meta")}
    # What is no dictionary is left to the system check.
    setting = settings.ACTIVITY_LOG if isinstance(settings.ACTIVITY_LOG, dict) else {}
    return [options for name, options in setting.items() if isinstance(options, dict) and name.lower() in names]


@cache
def recorded(model: type[Model]) -> Recorded:
    """What is recorded of this model, found out once."""
    options = options_of(model)
    concrete = model._meta.concrete_model or model
    excluded = {name for option in options for name in option.get("exclude", [])}
    secret = {name for option in options for name in option.get("secret", [])}
    fields = tuple(field for field in concrete._meta.concrete_fields if is_told(field) and field.name not in excluded)
    many = [field.name for field in concrete._meta.many_to_many]
    return Recorded(
        model=concrete,
        name=concrete._meta.label_lower,
        fields=fields,
        own=tuple(field for field in fields if field.model is concrete or not options_of(field.model)),
        secrets=frozenset(
            name
            for name, field in [*((field.name, field) for field in fields), *((name, None) for name in many)]
            if name in secret or SECRET.search(name) or isinstance(field, BinaryField)
        ),
        excluded=frozenset(excluded),
    )


def is_told(field: AnyField) -> bool:
    """Whether a field holds what somebody has put there: no key, nothing that is computed."""
    is_link = field.remote_field is not None and getattr(field.remote_field, "parent_link", False)
    computed = field.generated or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return not (field.primary_key or is_link or computed)


def links_of(model: type[Model]) -> list[ManyToManyField[Any, Any]]:
    """The links to many objects that are recorded: those that the model itself declares."""
    excluded = recorded(model).excluded
    return [field for field in model._meta.many_to_many if field.name not in excluded]


def through_of(links: ManyToManyField[Any, Any]) -> type[Model]:
    """The model of the table that holds the links."""
    return cast(type[Model], links.remote_field.through)


def link_fields(links: ManyToManyField[Any, Any]) -> tuple[ForeignKey[Any, Any], ForeignKey[Any, Any]]:
    """The fields of that table: the one that holds the object with the links, and the other one."""
    fields = {field.name: field for field in through_of(links)._meta.concrete_fields if isinstance(field, ForeignKey)}
    return fields[links.m2m_field_name()], fields[links.m2m_reverse_field_name()]


def column_of(field: AnyField) -> str:
    """The column of a field that has one."""
    return str(field.column)


def is_text(field: AnyField) -> bool:
    """Whether the field holds text, so that empty means the same as nothing."""
    return isinstance(field, (CharField, TextField, FileField))


def end_of(field: AnyField) -> AnyField:
    """The field whose values a foreign key holds; of any other field itself."""
    while isinstance(field, ForeignKey):
        field = field.target_field
    return field


@cache
def label_field(model: type[Model]) -> AnyField | None:
    """The field by which an object is called, where there is one. Nothing that the setting leaves out."""
    fields = {field.name: field for table in tables(model) for field in table._meta.local_concrete_fields}
    texts = [fields[name] for name in LABELS if name in fields and isinstance(fields[name], (CharField, TextField))]
    untold = {name for options in options_of(model) for names in options.values() for name in names}
    return next((field for field in texts if field.name not in untold), None)


@cache
def owner_field(model: type[Model]) -> OneToOneField[Any, Any] | None:
    """The one-to-one that leads to a label, for an object that has none itself. Nothing that the setting leaves out."""
    untold = {name for options in options_of(model) for names in options.values() for name in names}
    links = [field for field in model._meta.concrete_fields if isinstance(field, OneToOneField)]
    return next((link for link in links if link.name not in untold and label_field(link.remote_field.model)), None)


def tables(model: type[Model]) -> Iterator[type[Model]]:
    """The model and those that it inherits from which have the same key."""
    key = model._meta.pk
    yield model._meta.concrete_model or model
    if key.remote_field is not None and getattr(key.remote_field, "parent_link", False):
        yield from tables(key.remote_field.model)


def forget() -> None:
    """Read the setting anew."""
    recorded.cache_clear()
    label_field.cache_clear()
    owner_field.cache_clear()


def lineage(model: type[Model]) -> list[str]:
    """The names under which there may be entries about an object: of the model, its parents and its children."""
    concrete = model._meta.concrete_model or model
    related = [other for other in recorded_models() if issubclass(other, concrete) or issubclass(concrete, other)]
    return sorted({recorded(other).name for other in [concrete, *related]})


def lineage_of(name: str) -> list[str]:
    """The same of the model that has this name; of one that is no longer there the name alone."""
    try:
        return lineage(apps.get_model(name))
    except (LookupError, ValueError):
        return [name]
