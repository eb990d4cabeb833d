"""What the account page shows of a user's sign-ins."""

import logging
from typing import NamedTuple, cast

from django import template
from django.db import router
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from auth_tracking.managers import NUMBER_KEY, SESSION_KEY
from auth_tracking.models import LoginEvent
from core.failures import failures_logged
from core.transactions import savepoint

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

    None if the events cannot be read, which is logged.
    """
    with failures_logged(logger, "The sign-ins cannot be shown."), savepoint(router.db_for_read(LoginEvent)):
        mine = LoginEvent.objects.filter(user=cast("User", request.user))
        numbered = mine.filter(number__isnull=False).order_by("-number")
        # One more than is shown, for the visit before them.
        events = list(numbered[: SHOWN + 1])
        this = request.session.get(NUMBER_KEY, events[0].number if events else 0)
        earlier = [event for event in events if event.number < this]
        if not earlier and len(events) > SHOWN:  # a session older than those
            earlier = list(numbered.filter(number__lt=this)[:SHOWN])
        failures = failures_since(last_visit(earlier), mine)
        return SignIns(
            events=events[:SHOWN],
            total=events[0].number or 0 if events else 0,
            session=request.session.get(SESSION_KEY, ""),
            failures=min(len(failures), MOST_FAILURES),
            # Of those that were refused, one a window is recorded.
            more_failures=len(failures) > MOST_FAILURES or any(event.window is not None for event in failures),
            last_failure=failures[0] if failures else None,
        )
    return None


def last_visit(earlier: list[LoginEvent]) -> LoginEvent | None:
    """The last visit among earlier sign-ins, of which the newest comes first.

    One from a place (device and network) that was new to the user not long ago is none: it may be somebody else who has
    got in, and what failed before that has to be told.
    """
    new = {(event.device, event.network) for event in earlier if event.new_device and event.number != 1}
    return next((event for event in earlier if (event.device, event.network) not in new), None)


def failures_since(visit: LoginEvent | None, mine: QuerySet[LoginEvent]) -> list[LoginEvent]:
    """What failed after a visit, the newest first, up to one more than ``MOST_FAILURES``."""
    failures: list[LoginEvent] = []
    # One kind at a time: that many rows of an index, however many there are.
    for kind in (LoginEvent.Kind.FAILED, LoginEvent.Kind.BLOCKED):
        of_kind = mine.filter(kind=kind, pk__gt=visit.pk if visit else 0)
        failures += of_kind.order_by("-pk")[: MOST_FAILURES + 1]
    return sorted(failures, key=lambda event: event.pk, reverse=True)[: MOST_FAILURES + 1]
