"""System checks: what would silently not be recorded."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check
from django.db import connections

from activity_log.dialects import DIALECTS

MIDDLEWARE = "core.actors.ActorMiddleware"
OPTIONS = ("exclude", "secret")


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_settings)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the settings of this app."""
    findings: list[CheckMessage] = []
    if not isinstance(settings.ACTIVITY_LOG, dict):
        message = "ACTIVITY_LOG is no dictionary."
        return [Error(message, hint='One is {"pages.Page": {}}.', id="activity_log.E003")]
    for name, options in settings.ACTIVITY_LOG.items():
        findings += check_model(name, options)
    if MIDDLEWARE not in settings.MIDDLEWARE:
        message = "Nobody is known to have done anything: ActorMiddleware is not in MIDDLEWARE."
        hint = f'Add "{MIDDLEWARE}" after AuthenticationMiddleware.'
        findings.append(Error(message, hint=hint, id="activity_log.E005"))
    for alias in connections:
        if (vendor := connections[alias].vendor) not in DIALECTS:
            message = f'Changes cannot be recorded in the database "{alias}", which is {vendor}.'
            hint = f"Those that can: {', '.join(DIALECTS)}."
            findings.append(Error(message, hint=hint, id="activity_log.E006"))
    return findings


def check_model(name: str, options: Any) -> list[CheckMessage]:
    """What is wrong with one line of ``ACTIVITY_LOG``."""
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        message = f'ACTIVITY_LOG names "{name}", and there is no such model.'
        return [Error(message, hint='A name is like "pages.Page".', id="activity_log.E001")]
    if model._meta.label_lower == "activity_log.activityentry":
        message = "ACTIVITY_LOG names its own entries: each would be told of by another one."
        return [Error(message, hint="Take it out.", id="activity_log.E002")]
    if type(model._meta.pk).__name__ == "CompositePrimaryKey":
        message = f'ACTIVITY_LOG names "{name}", which has a key of several columns: its changes cannot be recorded.'
        return [Error(message, hint="Take it out.", id="activity_log.E002")]
    if not isinstance(options, dict) or not all(isinstance(names, (list, tuple)) for names in options.values()):
        message = f'ACTIVITY_LOG has {options!r} for "{name}". It has to be a dictionary of lists.'
        return [Error(message, hint='Such as {"exclude": ["last_login"]}, or {}.', id="activity_log.E003")]
    findings: list[CheckMessage] = []
    for option in options.keys() - set(OPTIONS):
        message = f'ACTIVITY_LOG has "{option}" for "{name}", which means nothing.'
        findings.append(Error(message, hint=f"The options are {' and '.join(OPTIONS)}.", id="activity_log.E003"))
    fields = {field.name for field in [*model._meta.concrete_fields, *model._meta.many_to_many]}
    for option in OPTIONS:
        for field in options.get(option, []):
            if field not in fields:
                message = f'ACTIVITY_LOG has "{field}" for "{name}", which has no such field.'
                hint = f"Its fields are {', '.join(sorted(fields))}."
                findings.append(Error(message, hint=hint, id="activity_log.E004"))
    return findings
