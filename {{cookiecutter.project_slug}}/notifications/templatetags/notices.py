"""What pages show of notifications: pages of others, which are there without them too."""

import logging

from django import template
from django.db import router
from django.http import HttpRequest

from accounts.models import User
from core.failures import failures_logged
from core.transactions import savepoint
from notifications.kinds import Kind
from notifications.models import Notification, Preference
from notifications.preferences import Switch, switches_of
from notifications.unread import Unread, unread_of

logger = logging.getLogger(__name__)
register = template.Library()


@register.simple_tag
def unread(request: HttpRequest) -> Unread | None:
    """How many the visitor has not read; None if nobody is signed in, or if they cannot be counted, which is logged."""
    if not request.user.is_authenticated:
        return None
    with failures_logged(logger, "The bell cannot be shown."), savepoint(router.db_for_read(Notification)):
        return unread_of(request)
    return None


@register.simple_tag
def switches(user: User) -> dict[Kind, list[Switch]] | None:
    """What the user can switch on and off; None if that cannot be read, which is logged."""
    with failures_logged(logger, "The switches cannot be shown."), savepoint(router.db_for_read(Preference)):
        return switches_of(user)
    return None
