"""System checks: settings with which signals would not be delivered as they should."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check

OPTIONS = {
    "TRIES": "how often a receiver is called at most",
    "FIRST_DELAY": "seconds",
    "LONGEST_DELAY": "seconds",
    "LEASE": "seconds",
}


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_settings)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the settings of this app."""
    options = settings.OUTBOX
    if not isinstance(options, dict) or options.keys() != OPTIONS.keys():
        hint = f"It is a dictionary with the keys {', '.join(OPTIONS)}."
        return [Error(f"OUTBOX is {options!r}.", hint=hint, id="outbox.E001")]
    findings: list[CheckMessage] = [
        Error(f'OUTBOX has {options[name]!r} for "{name}".', hint=f"It is a number, {unit}.", id="outbox.E002")
        for name, unit in OPTIONS.items()
        if not _is_positive(options[name])
    ]
    if not findings and not isinstance(options["TRIES"], int):
        hint = "It is a whole number, from 1."
        findings.append(Error(f'OUTBOX has {options["TRIES"]!r} for "TRIES".', hint=hint, id="outbox.E002"))
    if not findings and options["LONGEST_DELAY"] < options["FIRST_DELAY"]:
        message = "OUTBOX has a LONGEST_DELAY that is shorter than FIRST_DELAY."
        hint = "The delays grow from the one to the other."
        findings.append(Error(message, hint=hint, id="outbox.E003"))
    if not _is_positive(settings.OUTBOX_LAG):
        message = f"The health check would always fail, or never: OUTBOX_LAG is {settings.OUTBOX_LAG!r}."
        findings.append(Error(message, hint="It is a number of seconds.", id="outbox.E004"))
    return findings


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf")
