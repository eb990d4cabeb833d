"""What the account page shows of a user's sign-ins."""

from typing import NamedTuple, cast

from django import template
from django.http import HttpRequest

from accounts.models import User
from auth_tracking.managers import SESSION_KEY
from auth_tracking.models import LoginEvent

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
def sign_ins(request: HttpRequest) -> SignIns:
    """The user's last sign-ins, how many there were in all, and how many tries failed since the last visit.

    The last visit is the sign-in before this session's.
    """
    mine = LoginEvent.objects.filter(user=cast("User", request.user))
    events = list(mine.filter(number__isnull=False).order_by("-number")[:SHOWN])
    session = request.session.get(SESSION_KEY, "")
    this = next((index for index, event in enumerate(events) if event.session == session), -1)
    failed = mine.filter(kind__in=[LoginEvent.Kind.FAILED, LoginEvent.Kind.BLOCKED])
    if this + 1 < len(events):
        failed = failed.filter(pk__gt=events[this + 1].pk)
    failures = list(failed.order_by("-pk")[: MOST_FAILURES + 1])
    return SignIns(
        events=events,
        total=events[0].number or 0 if events else 0,
        session=session,
        failures=min(len(failures), MOST_FAILURES),
        more_failures=len(failures) > MOST_FAILURES,
        last_failure=failures[0] if failures else None,
    )
