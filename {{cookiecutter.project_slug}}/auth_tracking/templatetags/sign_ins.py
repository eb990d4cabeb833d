"""What the account page shows of a user's sign-ins."""

import itertools
import logging
from typing import NamedTuple, cast

from django import template
from django.db import router
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from auth_tracking.managers import SESSION_KEY
from auth_tracking.models import LoginEvent
from core.failures import failures_logged, savepoint

logger = logging.getLogger(__name__)
register = template.Library()

SHOWN = 10
# Counting stops here: nobody needs to know how many thousand tries there were.
MOST_FAILURES = 100


class SignIns(NamedTuple):
    """A user's sign-ins, the newest first, and what concerns them."""

    events: list[LoginEvent]
    total: int
    session: str
    failures: int
    more_failures: bool
    last_failure: LoginEvent | None


@register.simple_tag
def sign_ins(request: HttpRequest) -> SignIns | None:
    """The user's last sign-ins, how many there were in all, and what failed since the last visit.

    The last visit is the last sign-in before this session's, from a device that was not new then: should somebody else
    have got in, what failed before is still told. None if the events cannot be read, which is logged.
    """
    with failures_logged(logger, "The sign-ins cannot be shown."), savepoint(router.db_for_read(LoginEvent)):
        mine = LoginEvent.objects.filter(user=cast("User", request.user))
        # One more than is shown, for the visit before them.
        events = list(mine.filter(number__isnull=False).order_by("-number")[: SHOWN + 1])
        session = request.session.get(SESSION_KEY, "")
        failures = failures_since(last_visit(events, session), mine)
        return SignIns(
            events=events[:SHOWN],
            total=events[0].number or 0 if events else 0,
            session=session,
            failures=min(len(failures), MOST_FAILURES),
            more_failures=len(failures) > MOST_FAILURES,
            last_failure=failures[0] if failures else None,
        )
    return None


def last_visit(events: list[LoginEvent], session: str) -> LoginEvent | None:
    """The last visit before this session's, among sign-ins of which the newest comes first."""
    earlier = itertools.dropwhile(lambda event: event.session != session, events)
    visits = [event for event in itertools.islice(earlier, 1, None) if event.number == 1 or not event.new_device]
    if visits:
        return visits[0]
    return events[-1] if len(events) > SHOWN else None


def failures_since(visit: LoginEvent | None, mine: QuerySet[LoginEvent]) -> list[LoginEvent]:
    """What failed after a visit, the newest first, up to one more than ``MOST_FAILURES``."""
    failed = mine.filter(kind__in=[LoginEvent.Kind.FAILED, LoginEvent.Kind.BLOCKED])
    if visit is not None:
        failed = failed.filter(pk__gt=visit.pk)
    return list(failed.order_by("-pk")[: MOST_FAILURES + 1])
