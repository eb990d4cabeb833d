"""How far behind the relays are."""

from datetime import timedelta
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from core.admin import LONGEST_LIST
from outbox.models import PARKED, WAITING, Event
from outbox.relay import deliverable


class Numbers(NamedTuple):
    """Of the events in one database: ``lag``, and how many wait and are parked, counted up to ``LONGEST_LIST``."""

    lag: timedelta
    waiting: int
    parked: int


def lag(using: str = DEFAULT_DB_ALIAS) -> timedelta:
    """For how long the oldest event that a relay could deliver now has been due; zero if there is none.

    What waits for its next try, or for an earlier one that does, makes no relay late.
    """
    age = ExpressionWrapper(Now() - F("due_at"), output_field=DurationField())
    ages = deliverable(using).order_by("due_at").annotate(age=age).values_list("age", flat=True)
    oldest: timedelta | None = ages.first()
    return max(oldest or timedelta(), timedelta())


def numbers(using: str = DEFAULT_DB_ALIAS) -> Numbers:
    """What the staff page shows."""
    events = Event.objects.using(using)
    waiting = events.filter(WAITING)[:LONGEST_LIST].count()
    return Numbers(lag(using), waiting, events.filter(PARKED)[:LONGEST_LIST].count())
