"""System checks: what would silently leave the door open."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.utils.module_loading import import_string

from auth_tracking.backends import LockoutBackend
from auth_tracking.stores import LIMITS, RedisStore

MIDDLEWARE = "auth_tracking.middleware.LockoutMiddleware"


def register() -> None:
    """Have ``manage.py check`` and each start of a server ask for these."""
    register_check(check_settings, Tags.security)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the settings of this app."""
    first_backend = import_string(settings.AUTHENTICATION_BACKENDS[0])
    limits = settings.LOCKOUT_LIMITS
    findings = [
        (
            settings.LOCKOUT and not issubclass(first_backend, LockoutBackend),
            "Passwords can be tried without end: AUTHENTICATION_BACKENDS does not begin with LockoutBackend.",
            'Put "auth_tracking.backends.LockoutBackend" first, or set LOCKOUT = False.',
        ),
        (
            settings.LOCKOUT and MIDDLEWARE not in settings.MIDDLEWARE,
            "Who is kept out would be told of a wrong password: LockoutMiddleware is not in MIDDLEWARE.",
            f'Add "{MIDDLEWARE}" at its end.',
        ),
        (
            limits.keys() != LIMITS or not all(limit >= 1 for limit in limits.values()),
            f"LOCKOUT_LIMITS is {limits}.",
            f"It has the keys {', '.join(sorted(LIMITS))}, and numbers from 1.",
        ),
        (
            issubclass(import_string(settings.LOCKOUT_STORE), RedisStore)
            and not settings.CACHES["default"]["BACKEND"].endswith("RedisCache"),
            "LOCKOUT_STORE counts in the Redis of the default cache, which is not Redis.",
            'Set CACHE_URL to a Redis, or LOCKOUT_STORE to "auth_tracking.stores.DatabaseStore".',
        ),
    ]
    return [
        Error(message, hint=hint, id=f"auth_tracking.E{number:03}")
        for number, (found, message, hint) in enumerate(findings, start=1)
        if found
    ]
