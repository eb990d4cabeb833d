"""System checks: settings with which pages would fail."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import register as register_check


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_time_zone)


def check_time_zone(**kwargs: Any) -> list[CheckMessage]:
    """Times are stored in UTC, and compared with aware ones."""
    if settings.USE_TZ:
        return []
    hint = "Set USE_TZ = True. TIME_ZONE is the zone in which times are shown."
    return [Error("USE_TZ is False, and the site needs time zones.", hint=hint, id="core.E001")]
