"""System checks: settings and attributes that would do nothing, or not what they look like."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Group
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check

from lifecycle import write_once
from lifecycle.groups import split
from lifecycle.limits import LIMITS

LONGEST_LIMIT = 2_000_000  # seconds: PostgreSQL counts milliseconds, in 31 bits
LONGEST_GROUP = Group._meta.get_field("name").max_length or 0


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_groups)
    register_check(check_limits)
    register_check(check_write_once)


def check_groups(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with ``GROUPS``."""
    groups = settings.GROUPS
    if not isinstance(groups, dict) or not all(isinstance(names, (list, tuple)) for names in groups.values()):
        hint = 'One is {"Editors": ["pages.add_page"]}.'
        return [Error("GROUPS is no dictionary of lists.", hint=hint, id="lifecycle.E001")]
    findings: list[CheckMessage] = []
    for group, names in groups.items():
        if not isinstance(group, str) or not 0 < len(group) <= LONGEST_GROUP:
            message = f"GROUPS has {group!r} for the name of a group."
            findings.append(Error(message, hint=f"It has 1 to {LONGEST_GROUP} letters.", id="lifecycle.E002"))
        for name in names:
            if hint := _unknown(name):
                message = f'GROUPS has {name!r} for "{group}", and there is no such permission.'
                findings.append(Error(message, hint=hint, id="lifecycle.E003"))
    return findings


def _unknown(name: Any) -> str:
    """What to do about a permission that no model has; nothing if one has it."""
    if not isinstance(name, str) or "." not in name:
        return 'A permission is named like "pages.add_page".'
    label, codename = split(name)
    if label not in apps.app_configs:
        return f'There is no app "{label}". The apps are {", ".join(sorted(apps.app_configs))}.'
    known = set()
    for model in apps.get_app_config(label).get_models():
        known |= {get_permission_codename(action, model._meta) for action in model._meta.default_permissions}
        known |= {codename for codename, _ in model._meta.permissions}
    return "" if codename in known else f"Those of {label} are {', '.join(sorted(known)) or 'none'}."


def check_limits(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with ``DATABASE_LIMITS`` and ``APPLICATION_NAME``."""
    findings: list[CheckMessage] = []
    if not isinstance(settings.APPLICATION_NAME, str):
        message = f"APPLICATION_NAME is {settings.APPLICATION_NAME!r}."
        findings.append(Error(message, hint="It is a text; an empty one for none.", id="lifecycle.E004"))
    limits = settings.DATABASE_LIMITS
    if not isinstance(limits, dict):
        hint = "It is a dictionary; an empty one for no limits."
        return [*findings, Error(f"DATABASE_LIMITS is {limits!r}.", hint=hint, id="lifecycle.E004")]
    for name, seconds in limits.items():
        if name not in LIMITS:
            message, hint = f"DATABASE_LIMITS has {name!r}, which means nothing.", f"It has {', '.join(LIMITS)}."
            findings.append(Error(message, hint=hint, id="lifecycle.E004"))
        elif isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= LONGEST_LIMIT:
            message = f'DATABASE_LIMITS has {seconds!r} for "{name}".'
            hint = f"It is a number of seconds, at most {LONGEST_LIMIT}; 0 for no limit."
            findings.append(Error(message, hint=hint, id="lifecycle.E004"))
    return findings


def check_write_once(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the ``write_once`` of a model."""
    findings: list[CheckMessage] = []
    for model in write_once.models():
        names = write_once.names_of(model)
        label = model._meta.label
        if not isinstance(names, (list, tuple)):
            message = f"{label}.write_once is {names!r}."
            findings.append(Error(message, hint='It is a tuple, such as ("created_at",).', id="lifecycle.E005"))
            continue
        fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
        findings += [
            Error(
                f"{label}.write_once has {name!r}, and there is no such field.",
                hint=f"The fields are {', '.join(fields)}.",
                id="lifecycle.E006",
            )
            for name in names
            if name not in fields
        ]
    return findings
