"""What the tests of the outbox share."""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext

from outbox.models import Event

# A process of its own has the same signal, and a receiver of it that notes each call as a line in a file.
IN_A_PROCESS = """
import os, sys, time
from django.conf import settings
from django.dispatch import Signal
import core.signals
from core.dispatch import outside_transaction, send_on_commit
from outbox.relay import Relay
from pages.models import Tag

settings.SIGNAL_DELIVERY = "outbox.delivery.Outbox"
settings.DEBUG = False
core.signals.announced = announced = Signal()
file = os.open(sys.argv[1], os.O_APPEND | os.O_CREAT | os.O_WRONLY)

def note(number, **kwargs):
    os.write(file, f"{number} {os.getpid()}\\n".encode())

def connect(receiver):
    announced.connect(receiver, weak=False, dispatch_uid="tests.receive")

"""


class Listener:
    """A receiver that remembers what it got, and does what it is told to."""

    def __init__(self, act: Callable[..., Any] | None = None) -> None:
        self.got: list[dict[str, Any]] = []
        self.act = act

    def __call__(self, signal: Signal, sender: Any, using: str, **kwargs: Any) -> None:
        self.got.append(kwargs)
        if self.act:
            self.act(using=using, **kwargs)

    @property
    def numbers(self) -> list[int]:
        """The argument ``number`` of each call."""
        return [got["number"] for got in self.got]


def fail(**kwargs: Any) -> None:
    """What a receiver does that fails."""
    raise RuntimeError("out of order")


def events(using: str = "default") -> list[Event]:
    """All of them, in order."""
    return list(Event.objects.using(using).order_by("pk"))


def the_event() -> Event:
    """The only one."""
    return Event.objects.get()


def make_due() -> None:
    """As if the time had passed for which what waits has to wait."""
    Event.objects.filter(delivered_at=None).update(due_at="2000-01-01T00:00:00Z")


def statements(act: Callable[[], Any]) -> list[str]:
    """What is executed, each as its verb and, of what writes, its table."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [_verb(query["sql"]) for query in queries]


def _verb(sql: str) -> str:
    table = re.search(r'(?:INTO|UPDATE|DELETE FROM) "(\w+?)"', sql)
    return f"{sql.split()[0]} {table[1]}" if table else sql.split()[0]
