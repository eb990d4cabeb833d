"""The outbox with Celery: workers do what a relay does, when they are nudged, and by the schedule if they are not."""

import logging
from functools import cache, partial
from itertools import islice
from time import monotonic
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.dispatch import Signal
from kombu.exceptions import OperationalError

from config.celery import app
from outbox.delivery import Outbox
from outbox.relay import Relay

logger = logging.getLogger(__name__)

# For how many seconds a worker drains at a stretch. Then it lets others have a turn, and comes back.
STRETCH = 60
# For how many seconds a broker is left alone that could not be reached: it must not hold each request.
PAUSE = 10
# A nudge that nobody took for so many seconds is forgotten: the schedule has seen to it by then.
EXPIRES = 60
# How far back a transaction is looked through for a nudge that waits already.
LOOK_BACK = 100

_silent_until = 0.0


class NudgingOutbox(Outbox):
    """Nudges a worker after the commit, once for each transaction. One that gets lost costs time, and no event."""

    def store(
        self, signal: Signal, sender: object, using: str, arguments: dict[str, Any], receivers: list[str]
    ) -> None:
        super().store(signal, sender, using, arguments, receivers)
        waiting = islice(reversed(connections[using].run_on_commit), LOOK_BACK)
        if not any(callback is _nudge_for(using) for _, callback, *_ in waiting):
            transaction.on_commit(_nudge_for(using), using=using, robust=True)


def nudge(using: str) -> None:
    """Tell a worker that there is something to deliver. A broker that is down is logged, and then left alone."""
    global _silent_until
    if monotonic() < _silent_until:
        return
    try:
        drain.apply_async((using,), retry=False, expires=EXPIRES)
    except OperationalError as error:
        _silent_until = monotonic() + PAUSE
        logger.warning("The broker cannot be reached, and what was sent waits for the schedule: %s", error)


@cache
def _nudge_for(using: str) -> partial[None]:
    """The same object each time, by which it is known again."""
    return partial(nudge, using)


@app.task
def drain(using: str = DEFAULT_DB_ALIAS) -> None:
    """Deliver what is due, for a stretch."""
    until = monotonic() + STRETCH
    Relay(using).deliver_due(seconds=STRETCH)
    if monotonic() >= until:
        nudge(using)
