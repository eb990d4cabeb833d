"""Delivering what waits: what a relay does.

A relay claims a batch of events for as long as its lease, and calls their receivers one by one. A receiver is called in
a transaction together with the note that it was called, so either both are committed or neither. What dies halfway is
claimed by another relay when the lease has ended: alone, with a try counted, as it may have killed the first one.
"""

import logging
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from random import SystemRandom
from time import monotonic
from traceback import format_exception
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now
from django.db.transaction import TransactionManagementError

from core.dispatch import connected
from core.names import UndeliverableError, sender_named, signal_named
from core.transactions import savepoint
from outbox.delivery import call
from outbox.models import WAITING, Event
from outbox.payloads import load
from outbox.wakeups import Wakeups

logger = logging.getLogger(__name__)

chance = SystemRandom()

# How many events are claimed at once: at first, and at most. In between, as many as take half of HOLD.
FIRST_BATCH, LARGEST_BATCH = 10, 100
# What is not begun so many seconds after it was claimed is given back: a slow receiver must not keep it from others.
HOLD = 1.0
# For how many seconds a relay waits for a database that is down, at first and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# How much of a traceback is kept, in characters: its end, which says what it was.
LONGEST_ERROR = 4000
# The error of a receiver that may have ended its process.
DIED = "The process died in which it was called."

# What looks like an address, such as one that a mail server has refused.
ADDRESS = re.compile(r"""[^\s@"'<>(){}\[\],;:=]+@[^\s@"'<>(){}\[\],;:=]+""")

# The note on each event that is delivered: what was sent need not be known any more, and may be personal. To make it of
# a queryset takes longer than all the rest of a delivery.
DELIVERED = (
    """UPDATE "outbox_event" SET "receivers" = '[]', "arguments" = '{}', "order_key" = '', """
    """"delivered_at" = CURRENT_TIMESTAMP, "claim" = NULL WHERE "id" = %s AND "claim" = %s"""
)


class LeaseLostError(Exception):
    """Another relay may have the event by now."""


def deliverable(using: str) -> QuerySet[Event]:
    """What a relay would claim now, in the order in which it was sent.

    There is none of an ``order_key`` of which one is not due, because somebody has it or it failed.
    """
    # Those who wait for one that is not due, thousands perhaps, are told by a list of its like, which is made once. And
    # by the key, not by the time at which each is due: to look for each through all earlier ones would take for ever.
    blocked = Event.objects.filter(WAITING, ~Q(order_key=""), due_at__gt=Now()).values("order_key")
    return (
        Event.objects.using(using)
        .filter(WAITING, due_at__lte=Now())
        .filter(Q(order_key="") | ~Q(order_key__in=blocked))
        .order_by("pk")
    )


def delay(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, and by chance up to half of that less.

    By chance, because what failed together, when a mail server was down, would else come back together each time. Half
    of it is certain, so that the tries are spread over as long a time as the settings say, at least half of it.
    """
    longest: float = settings.OUTBOX["LONGEST_DELAY"]
    doubled = settings.OUTBOX["FIRST_DELAY"] * 2.0 ** min(tries - 1, 50)
    return timedelta(seconds=min(longest, doubled) * chance.uniform(0.5, 1))


class Relay:
    """Delivers what waits in one database. Any number of them, in any number of processes, share the work.

    One is for one thread. ``delivered``, ``failed`` (to be tried again) and ``parked`` count what became of events.
    """

    def __init__(self, using: str = DEFAULT_DB_ALIAS) -> None:
        self.using = using
        self.delivered = self.failed = self.parked = 0
        self._stopping = threading.Event()
        self._batch_size = FIRST_BATCH
        # What is claimed, by which token and since when: what is not begun, and what is. The keeper reads it too.
        self._lock = threading.Lock()
        self._token: UUID | None = None
        self._claimed_at = 0.0
        self._waiting: deque[Event] = deque()
        self._current: Event | None = None

    def stop(self) -> None:
        """Let the receiver that runs finish, and begin no other. May be called from anywhere."""
        self._stopping.set()

    def run(self) -> None:
        """Deliver what comes, until :meth:`stop` is called. A database that is down is waited for."""
        pause = FIRST_PAUSE
        with Wakeups(self.using) as wakeups:
            while not self._stopping.is_set():
                try:
                    wakeups.listen()  # before looking: what comes after the look wakes it
                    self.deliver_due()
                except Error as error:
                    if pause == FIRST_PAUSE:
                        logger.warning('The database "%s" cannot be used, and is waited for: %s', self.using, error)
                    connections[self.using].close()
                    self._stopping.wait(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                else:
                    if pause > FIRST_PAUSE:
                        logger.info('The database "%s" can be used again.', self.using)
                    pause = FIRST_PAUSE
                    wakeups.wait(self._stopping)

    def deliver_due(self, *, limit: int | None = None, seconds: float | None = None) -> int:
        """Deliver until nothing is due, or ``limit`` events were taken on, or so many ``seconds`` have passed.

        Returns how many were delivered. What was claimed and not begun is given back, however it ends.
        """
        before, begun, until = self.delivered, 0, None if seconds is None else monotonic() + seconds
        # What a dead relay has left may end this one too: so the rest comes first, and then they take turns.
        fresh_first = cycle((True, False))
        _close_unusable_connections()
        with self._keeper():
            while (limit is None or begun < limit) and self._goes_on(until):
                if not self._claim(LARGEST_BATCH if limit is None else limit - begun, fresh_first=next(fresh_first)):
                    break
                begun += self._deliver_batch(until)
        return self.delivered - before

    def _goes_on(self, until: float | None) -> bool:
        return not self._stopping.is_set() and (until is None or monotonic() < until)

    # Claiming

    def _claim(self, most: int, *, fresh_first: bool = True) -> bool:
        """Take on a batch. Return whether there is one."""
        # Most looks find nothing: those lock nothing.
        if not deliverable(self.using).exists():
            return False
        # On PostgreSQL, what others claim at this moment is skipped. On SQLite they wait for one another: the site's
        # transactions take the one lock for writing when they begin (IMMEDIATE), before they read.
        with transaction.atomic(using=self.using):
            token = uuid4()
            claimed = self._claim_fresh(token, most) if fresh_first else []
            claimed = claimed or self._claim_abandoned(token) or self._claim_fresh(token, most)
        with self._lock:
            self._token, self._claimed_at, self._waiting = token, monotonic(), deque(claimed)
        return bool(claimed)

    def _claim_fresh(self, token: UUID, most: int) -> list[Event]:
        """Take on what nobody has."""
        found = _locked(deliverable(self.using).filter(claim=None))
        claimed: dict[int, Event] = {}
        for event in found[: min(self._batch_size, most)]:
            # What comes right before it may be among what was skipped.
            if event.previous is None or event.previous in claimed:
                claimed[event.pk] = event
        Event.objects.using(self.using).filter(pk__in=claimed).update(claim=token, due_at=_end_of_lease())
        return list(claimed.values())

    def _claim_abandoned(self, token: UUID) -> list[Event]:
        """Take on one event that a dead relay was at, alone, and count a try; park those that have had all of them.

        What else that relay had goes to whoever comes.
        """
        events = Event.objects.using(self.using)
        found = list(_locked(events.filter(WAITING, claim__isnull=False, due_at__lte=Now()).order_by("pk")))
        # A relay goes through its batch in order, and what it is done with has no claim: it was at the first that has.
        held = events.filter(WAITING, claim__in={event.claim for event in found}).values("claim").order_by()
        begun = set(held.annotate(first=Min("pk")).values_list("first", flat=True))
        events.filter(pk__in=[event.pk for event in found if event.pk not in begun]).update(claim=None)
        for event in found:
            if event.pk not in begun or event.previous is not None:
                continue
            event.tries += 1
            event.errors |= dict.fromkeys(event.receivers, DIED)
            # It may be the first that kills: the others come before it now.
            event.receivers = [*event.receivers[1:], *event.receivers[:1]]
            died = {"tries": event.tries, "errors": event.errors, "receivers": event.receivers}
            if event.tries < settings.OUTBOX["TRIES"]:
                logger.warning("%s is tried again, as the relay that had it died.", event)
                events.filter(pk=event.pk).update(claim=token, due_at=_end_of_lease(), **died)
                return [event]
            events.filter(pk=event.pk).update(claim=None, parked_at=Now(), **died)
            self._log_parked(event, event.tries)
        return []

    def _deliver_batch(self, until: float | None) -> int:
        """Deliver what was claimed. Return how many events were begun: the keeper may have given some back."""
        begun = 0
        while self._goes_on(until):
            with self._lock:
                if not self._waiting:
                    break
                self._current = self._waiting.popleft()
            begun += 1
            self._deliver(self._current)
        seconds = monotonic() - self._claimed_at
        self._batch_size = max(1, min(LARGEST_BATCH, int(begun * HOLD / 2 / max(seconds, 0.001))))
        return begun

    def _held(self, *events: Event) -> QuerySet[Event]:
        """The rows of events that this relay has taken on: those of them that it still has.

        Nothing is written but through this: a relay that was asleep for longer than its lease changes nothing.
        """
        # Those that are delivered or parked have no claim.
        return Event.objects.using(self.using).filter(pk__in=[event.pk for event in events], claim=self._token)

    def _give_back(self, *events: Event) -> None:
        if events:
            self._held(*events).update(claim=None, due_at=Now())

    # Keeping

    @contextmanager
    def _keeper(self) -> Iterator[None]:
        """Have a thread look after what is claimed. Inside of a transaction, as in tests, nobody else could see it."""
        self._give_back_all()  # what was left when the database went away
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=[done], name="outbox keeper", daemon=True)
        if not connections[self.using].in_atomic_block:
            keeper.start()
        try:
            yield
        finally:
            done.set()
            if keeper.ident:
                keeper.join()
            self._give_back_all()

    def _keep(self, done: threading.Event) -> None:
        """Give back what has waited too long behind a slow receiver, and renew the lease of what that one has."""
        renew = settings.OUTBOX["LEASE"] / 3
        hold = min(HOLD, renew)
        renewed_at = 0.0
        while not done.wait(hold):
            try:
                with self._lock:
                    current, claimed_at = self._current, self._claimed_at
                    if monotonic() >= claimed_at + hold:
                        self._give_back(*self._waiting)
                        self._waiting.clear()
                if current and monotonic() >= max(claimed_at, renewed_at) + renew:
                    self._renew(current)
                    renewed_at = monotonic()
            except Error as error:
                # The note at the end says whether the event is still this relay's.
                logger.warning("The lease of %s could not be renewed: %s", current, error)
                connections[self.using].close()
        connections[self.using].close()

    def _renew(self, event: Event) -> None:
        # Skipped where it is locked: by the receiver's transaction, and so nobody else can claim it.
        with transaction.atomic(using=self.using):
            if list(self._held(event).select_for_update(skip_locked=True).values_list("pk")):
                self._held(event).update(due_at=_end_of_lease())

    def _give_back_all(self) -> None:
        with self._lock:
            self._give_back(*self._waiting, *([self._current] if self._current else []))
            self._waiting.clear()
            self._current = None

    # Delivering

    def _deliver(self, event: Event) -> None:
        """Call each receiver that is left, once, and note what became of it."""
        failures: dict[str, BaseException] = {}
        for uid in list(event.receivers):
            try:
                self._reach(event, uid)
            except LeaseLostError:
                logger.warning("%s was taken over by another relay.", event)
                break
            except Exception as error:
                failures[uid] = error
                _close_unusable_connections()  # those that it has left unusable
            except BaseException as error:
                # It ends this process, as it should. But not each one that takes the event on, for ever.
                _close_unusable_connections()
                self._note_failures(event, failures | {uid: error})
                raise
            if self._stopping.is_set():
                break
        finished = not event.receivers
        if failures:
            finished = self._note_failures(event, failures)
        elif not finished:
            self._give_back(event)
        if not finished and event.order_key:
            self._give_back_followers(event)
        self._current = None

    def _reach(self, event: Event, uid: str) -> None:
        """Call one receiver, and note that it is done: in one transaction, or after it has acted outside of one."""
        signal, sender = signal_named(event.signal), sender_named(event.sender)
        receiver = dict(connected(signal, sender)).get(uid)
        if receiver is None:
            raise UndeliverableError(f"No receiver {uid} is connected to {event.signal}.")
        if getattr(receiver, "outside_transaction", False):
            self._write(event, due_at=_end_of_lease())
            with savepoint(self.using):
                call(receiver, signal, sender, self.using, load(event.arguments))
            if not connections[self.using].get_autocommit() and not connections[self.using].in_atomic_block:
                raise TransactionManagementError("The receiver has left a transaction open.")
            self._note_done(event, uid)
        else:
            committed: list[bool] = []
            try:
                with transaction.atomic(using=self.using):
                    transaction.on_commit(lambda: committed.append(True), using=self.using)
                    # First: it locks the row, so whoever else has claimed it meanwhile cannot do the same at once.
                    self._note_done(event, uid)
                    call(receiver, signal, sender, self.using, load(event.arguments))
                    self._check_transaction()
            except Exception as error:
                if not committed and not self._was_committed(event, uid, error):
                    raise
                logger.exception("%s is done on %s, and what came after its commit failed.", uid, event)
        event.receivers = _without(event.receivers, uid)
        if not event.receivers:
            self.delivered += 1

    def _check_transaction(self) -> None:
        """Raise an error if the commit would be none: after an error in a statement the database rolls back."""
        connection = connections[self.using]
        if connection.needs_rollback or not _in_transaction(connection):
            raise TransactionManagementError(
                "The receiver has ended its transaction, or went on after a statement had failed. "
                "Have it catch the error around an atomic block."
            )

    def _was_committed(self, event: Event, uid: str, error: Exception) -> bool:
        """Whether all was well but the answer to the commit, which got lost with the connection."""
        if not isinstance(error, (InterfaceError, OperationalError)):
            return False
        _close_unusable_connections()
        row = Event.objects.using(self.using).filter(pk=event.pk).values_list("receivers", flat=True)
        return any(uid not in receivers for receivers in row)

    def _note_done(self, event: Event, uid: str) -> None:
        """Have the receiver not called again. Raises LeaseLostError."""
        receivers = _without(event.receivers, uid)
        if receivers:
            self._write(event, receivers=receivers, due_at=_end_of_lease())
        else:
            connection = connections[self.using]
            token = Event._meta.get_field("claim").get_db_prep_value(self._token, connection)
            with connection.cursor() as cursor:
                cursor.execute(DELIVERED, [event.pk, token])
                if not cursor.rowcount:
                    raise LeaseLostError

    def _note_failures(self, event: Event, failures: dict[str, BaseException]) -> bool:
        """Have the event tried again later, or park it. Return whether it is parked."""
        tries = event.tries + 1
        hopeless = all(isinstance(failures.get(uid), UndeliverableError) for uid in event.receivers)
        parked = hopeless or tries >= settings.OUTBOX["TRIES"]
        wait = delay(tries)
        for uid, error in failures.items():
            if isinstance(error, UndeliverableError):
                logger.error("%s cannot get %s: %s", uid, event, error)
            else:
                logger.error("%s failed on %s.", uid, event, exc_info=error)
        errors = event.errors | {uid: _text_of(error) for uid, error in failures.items()}
        try:
            if parked:
                self._write(event, claim=None, tries=tries, errors=errors, parked_at=Now())
            else:
                self._write(event, claim=None, tries=tries, errors=errors, due_at=Now() + wait)
        except LeaseLostError:
            logger.warning("%s was taken over by another relay.", event)
        else:
            if parked:
                self._log_parked(event, tries)
            else:
                self.failed += 1
                logger.warning("%s is tried again in %.0f seconds.", event, wait.total_seconds())
        return parked

    def _log_parked(self, event: Event, tries: int) -> None:
        self.parked += 1
        logger.error("%s is parked, tries: %d. The admin can send it again.", event, tries)

    def _write(self, event: Event, **changes: Any) -> None:
        """Change the event. Raises LeaseLostError."""
        if not self._held(event).update(**changes):
            raise LeaseLostError

    def _give_back_followers(self, event: Event) -> None:
        """Those that must not overtake it."""
        with self._lock:
            self._give_back(*(other for other in self._waiting if other.order_key == event.order_key))
            self._waiting = deque(other for other in self._waiting if other.order_key != event.order_key)


def _locked(found: QuerySet[Event]) -> Any:
    """Without what others have locked. Each event knows which one it must not overtake: ``previous``."""
    earlier = Event.objects.filter(WAITING, ~Q(order_key=""), order_key=OuterRef("order_key"), pk__lt=OuterRef("pk"))
    previous = Subquery(earlier.order_by("-pk").values("pk")[:1])
    return found.select_for_update(skip_locked=True).annotate(previous=previous)


def _close_unusable_connections() -> None:
    """Those that are broken, left in another state, or old. Not in a transaction, as in tests: it would end with it."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether there is a transaction that can be committed, as the driver knows: Django does not hear of each error."""
    raw: Any = connection.connection
    if connection.vendor == "postgresql":
        in_transaction: bool = raw.info.transaction_status.name == "INTRANS"
    else:
        in_transaction = raw.in_transaction
    return in_transaction


def _end_of_lease() -> Any:
    return Now() + timedelta(seconds=settings.OUTBOX["LEASE"])


def _without(receivers: list[str], uid: str) -> list[str]:
    return [other for other in receivers if other != uid]


def _text_of(error: BaseException) -> str:
    """What is kept of an error, as any database takes it. Without addresses, and values of variables: secrets maybe."""
    text = str(error) if isinstance(error, UndeliverableError) else "".join(format_exception(error))
    text = ADDRESS.sub("[address]", text)
    return text[-LONGEST_ERROR:].encode(errors="backslashreplace").decode().replace("\0", "\\x00")
