"""System checks: settings with which pages would fail."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse

from core.templatetags.site import AUDIENCES


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_time_zone)
    register_check(check_navigation, Tags.urls)
    register_check(check_parts, Tags.templates)


def check_time_zone(**kwargs: Any) -> list[CheckMessage]:
    """Times are stored in UTC, and compared with aware ones."""
    if settings.USE_TZ:
        return []
    hint = "Set USE_TZ = True. TIME_ZONE is the zone in which times are shown."
    return [Error("USE_TZ is False, and the site needs time zones.", hint=hint, id="core.E001")]


def check_navigation(**kwargs: Any) -> list[CheckMessage]:
    """Each row of ``NAVIGATION`` leads to a page, for an audience that there is."""
    findings: list[CheckMessage] = []
    for text, name, audience in settings.NAVIGATION:
        try:
            reverse(name)
        except NoReverseMatch:
            message = f'NAVIGATION names "{name}" for "{text}", and no URL without arguments has that name.'
            hint = "Correct the name in config/settings.py, or give one in urls.py that name."
            findings.append(Error(message, hint=hint, id="core.E002"))
        if audience not in AUDIENCES:
            message = f'NAVIGATION shows "{text}" to "{audience}", and there is no such audience.'
            findings.append(Error(message, hint=f"The audiences are {', '.join(AUDIENCES)}.", id="core.E003"))
    return findings


def check_parts(**kwargs: Any) -> list[CheckMessage]:
    """Each template of ``PARTS`` is there."""
    findings: list[CheckMessage] = []
    for place, names in settings.PARTS.items():
        for name in names:
            try:
                get_template(name)
            except TemplateDoesNotExist:
                message = f'PARTS names "{name}" for "{place}", and there is no such template.'
                hint = "Correct the name in config/settings.py, or add the template."
                findings.append(Error(message, hint=hint, id="core.E004"))
    return findings
