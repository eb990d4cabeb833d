"""System checks: settings with which nothing would be counted, or anybody could read it."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check

MIDDLEWARE = "request_metrics.middleware.metrics_middleware"
SHORTEST_TOKEN = 20


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_settings)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the settings of this app."""
    findings: list[CheckMessage] = []
    if MIDDLEWARE not in settings.MIDDLEWARE:
        message = "No request is counted: metrics_middleware is not in MIDDLEWARE."
        hint = f'Add "{MIDDLEWARE}" as the first.'
        findings.append(Error(message, hint=hint, id="request_metrics.E001"))
    seconds = settings.REQUEST_METRICS_FLUSH
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds <= 3600:
        message = f"REQUEST_METRICS_FLUSH is {seconds!r}."
        hint = "It is a number of seconds, up to 3600; 0 if nothing is to be stored."
        findings.append(Error(message, hint=hint, id="request_metrics.E002"))
    token = settings.METRICS_TOKEN
    if token and not (isinstance(token, str) and len(token) >= SHORTEST_TOKEN):
        message = "METRICS_TOKEN can be guessed: it is too short."
        hint = f"Have at least {SHORTEST_TOKEN} characters, such as from: openssl rand -hex 32"
        findings.append(Error(message, hint=hint, id="request_metrics.E003"))
    return findings
