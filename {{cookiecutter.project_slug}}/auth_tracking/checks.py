"""System checks: what would silently leave the door open."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import RemoteUserBackend
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.core.checks import register as register_check
from django.db import connections
from django.utils.module_loading import import_string

from auth_tracking.backends import Lockout
from auth_tracking.stores import LIMITED, DatabaseStore, RedisStore

MIDDLEWARE = "auth_tracking.middleware.LockoutMiddleware"


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_settings, Tags.security)
    register_check(check_proxies, Tags.security, deploy=True)
    register_check(check_eviction, Tags.security, deploy=True)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the settings of this app."""
    first_backend = import_string(settings.AUTHENTICATION_BACKENDS[0])
    store = import_string(settings.LOCKOUT_STORE)
    limits = settings.LOCKOUT_LIMITS
    findings: list[tuple[type[Error | Warning], bool, str, str]] = [
        (
            Error,
            settings.LOCKOUT and not issubclass(first_backend, Lockout),
            "Passwords can be tried without end: AUTHENTICATION_BACKENDS does not begin with LockoutBackend.",
            'Put "auth_tracking.backends.LockoutBackend" first, or set LOCKOUT = False.',
        ),
        (
            Error,
            settings.LOCKOUT and MIDDLEWARE not in settings.MIDDLEWARE,
            "Whoever is kept out is told of a wrong password: LockoutMiddleware is not in MIDDLEWARE.",
            f'Add "{MIDDLEWARE}" at its end.',
        ),
        (
            Error,
            limits.keys() != set(LIMITED) or min(limits.values()) < 1,
            f"LOCKOUT_LIMITS is {limits}.",
            f"It has the keys {', '.join(LIMITED)}, and numbers from 1.",
        ),
        (
            Error,
            settings.LOCKOUT_WINDOW <= 0,
            f"Nothing is ever counted: LOCKOUT_WINDOW is {settings.LOCKOUT_WINDOW}.",
            "It is a number of seconds.",
        ),
        (
            Error,
            issubclass(store, RedisStore) and not settings.CACHES["default"]["BACKEND"].endswith("RedisCache"),
            "LOCKOUT_STORE counts in the Redis of the default cache, which is not Redis.",
            'Set CACHE_URL to a Redis, or LOCKOUT_STORE to "auth_tracking.stores.DatabaseStore".',
        ),
        (
            Warning,
            issubclass(store, DatabaseStore) and connections.settings["default"]["ATOMIC_REQUESTS"],
            "A view that raises takes its attempts back: LOCKOUT_STORE counts in the transactions of ATOMIC_REQUESTS.",
            'Set LOCKOUT_STORE to "auth_tracking.stores.RedisStore", or ATOMIC_REQUESTS to False.',
        ),
        (
            Warning,
            any(
                issubclass(backend, RemoteUserBackend)
                and backend.clean_username is RemoteUserBackend.clean_username  # Django's does nothing
                for backend in map(import_string, settings.AUTHENTICATION_BACKENDS)
            ),
            "Each request signs a REMOTE_USER with capitals out and in again: accounts have lower-case addresses.",
            'Use "accounts.backends.RemoteUserBackend", or have clean_username() return the name in lower case.',
        ),
    ]
    return [
        kind(message, hint=hint, id=f"auth_tracking.{kind.__name__[0]}{number:03}")
        for number, (kind, found, message, hint) in enumerate(findings, start=1)
        if found
    ]


def check_proxies(**kwargs: Any) -> list[CheckMessage]:
    """Whether the proxy in front of the site is taken for its only visitor."""
    if not settings.SECURE_PROXY_SSL_HEADER or settings.TRUSTED_PROXY_COUNT:
        return []
    fact = "All visitors share the proxy's IP address and are locked out together: TRUSTED_PROXY_COUNT is not set."
    hint = (
        "Set it to the number of proxies that add to X-Forwarded-For. If the server puts the client's address into"
        " REMOTE_ADDR itself, add this check to SILENCED_SYSTEM_CHECKS."
    )
    return [Warning(fact, hint=hint, id="auth_tracking.W011")]


def check_eviction(**kwargs: Any) -> list[CheckMessage]:
    """Whether the server that counts may forget."""
    if not issubclass(import_string(settings.LOCKOUT_STORE), RedisStore):
        return []
    try:
        policy = RedisStore().eviction_policy()
    except Exception as error:
        fact = f"LOCKOUT_STORE counts in a Redis that does not say whether it evicts: {error}"
    else:
        if policy == "noeviction":
            return []
        fact = f"Eviction resets limits: LOCKOUT_STORE counts in a Redis whose maxmemory-policy is {policy}."
    hint = 'Set maxmemory-policy to noeviction, or LOCKOUT_STORE to "auth_tracking.stores.DatabaseStore".'
    return [Warning(fact, hint=hint, id="auth_tracking.W010")]
