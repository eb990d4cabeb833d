"""Looks at no more passwords after too many wrong ones: a try is counted before its password is looked at.

In any ``LOCKOUT_WINDOW`` at most as many tries as ``LOCKOUT_LIMITS`` says reach the password: of a name from an
address, of a name from anywhere, from an address for any name. One that succeeds is taken back, and with it the earlier
ones of its name from its address. One that is refused counts nowhere, so nobody can prolong a lockout, and no single
address can use up what a name has from all of them. A try whose password is still being looked at counts too: of many
with the right password at the same instant, the ones beyond a limit are refused.
"""

import logging
import math
import time
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from auth_tracking.addresses import client_ip, ip_key
from auth_tracking.names import name_key
from auth_tracking.stores import Store
from core.failures import failures_logged

logger = logging.getLogger(__name__)


@dataclass
class Attempt:
    """One try at a password, and what became of it."""

    name_key: str
    ip_key: str
    # Within the limits, and counted.
    counted: bool = False
    # Too many were counted before: seconds until there is room for another.
    retry_after: int = 0
    # The count could not be asked, and LOCKOUT_FAILS_OPEN is off.
    closed: bool = False
    # Whether it has succeeded or failed is known.
    settled: bool = False

    @property
    def refused(self) -> bool:
        """Whether the password must not be looked at."""
        return self.closed or self.retry_after > 0


# The last attempt of the running thread or task. For the receivers, which cannot be handed it: there may be no request,
# and between them and the backend stands Django's authenticate(). They change it, never the variable: where Django runs
# them in a context of their own, that would be lost.
current: ContextVar[Attempt | None] = ContextVar("attempt", default=None)

# The attempts of the running request, where the middleware has put a list: tasks that a view starts share it.
of_request: ContextVar[list[Attempt] | None] = ContextVar("attempts", default=None)


def store() -> Store:
    """Where attempts are counted."""
    chosen: Store = import_string(settings.LOCKOUT_STORE)()
    return chosen


def take(request: HttpRequest | None, name: str) -> Attempt:
    """Count an attempt, if it is within the limits, and say whether its password may be looked at.

    A store that is down lets everything through, or nothing: ``LOCKOUT_FAILS_OPEN``. Either is logged.
    """
    attempt = Attempt(name_key(name), ip_key(client_ip(request)))
    current.set(attempt)
    attempts = of_request.get()
    if attempts is not None:
        attempts.append(attempt)
    if settings.LOCKOUT:
        window, now = settings.LOCKOUT_WINDOW, time.time()
        limits = settings.LOCKOUT_LIMITS
        try:
            until = store().take(attempt.name_key, attempt.ip_key, now=now, window=window, limits=limits)
        except Exception:
            logger.exception("The lockout's store is down.")
            attempt.closed = not settings.LOCKOUT_FAILS_OPEN
        else:
            attempt.counted = until is None
            # No longer than the window, though the clock of who counted the others may be ahead.
            attempt.retry_after = 0 if until is None else min(max(1, math.ceil(until - now)), math.ceil(window))
    return attempt


def succeeded() -> None:
    """Take back the current attempt, and the earlier ones of its name from its address."""
    attempt = current.get()
    if attempt is None or attempt.settled or attempt.refused:
        return
    attempt.settled = True
    if attempt.counted:
        with failures_logged(logger, "The lockout's store is down: a success is still counted as an attempt."):
            store().clear(attempt.name_key, attempt.ip_key)


def failed() -> bool:
    """Leave the current attempt counted, and return whether it was refused."""
    attempt = current.get()
    if attempt is None or attempt.settled:
        return False
    attempt.settled = True
    return attempt.refused


def lift(*, name: str | None = None, ip: str | None = None) -> int:
    """Forget the attempts of a name (its ``name_key``), or from an address (its ``ip_key``), or all.

    Returns how many counted. Raises what the store raises if it is down.
    """
    lifted = store().lift(since=time.time() - settings.LOCKOUT_WINDOW, name=name, ip=ip)
    logger.info("Attempts forgotten: %s (name_key %s, ip_key %s).", lifted, name, ip)
    return lifted
