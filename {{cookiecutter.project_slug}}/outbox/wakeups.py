"""Hearing of new events: at once where the database tells of them, else by looking again soon."""

import threading
from types import TracebackType
from typing import Any, Self

from django.db import Error, connections

CHANNEL = "outbox_event"  # as the trigger has it: see migrations/0002_wake_relays.py

# For how many seconds a relay waits before it looks again: where it is told of what is new (a retry comes due untold,
# and connections break), and where it is not.
TOLD, UNTOLD = 1.0, 0.2


class Wakeups:
    """What a relay waits for that has nothing to do.

    PostgreSQL tells of each commit that adds events (LISTEN), on a connection of its own: receivers may close the
    relay's. Where that cannot be had, it is done without. Behind a pool that changes connections with each transaction
    nothing is ever heard, and a relay looks once a second.
    """

    def __init__(self, using: str) -> None:
        self.connection = connections[using].copy()
        self.tells = self.connection.vendor == "postgresql"
        self.listening = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.connection.close()

    def listen(self) -> None:
        """From now on miss nothing, if possible."""
        if self.tells and not self.listening:
            try:
                with self.connection.cursor() as cursor:
                    cursor.execute(f"LISTEN {CHANNEL}")
                self.listening = True
            except Error:
                self.connection.close()

    def wait(self, stopping: threading.Event) -> None:
        """Return when there may be something new, or it is time to look, or at once if ``stopping`` is set."""
        if self.listening and not stopping.is_set():
            raw: Any = self.connection.connection
            try:
                with self.connection.wrap_database_errors:
                    for _ in raw.notifies(timeout=TOLD, stop_after=1):
                        pass
                return
            except Error:
                self.listening = False
                self.connection.close()
        stopping.wait(TOLD if self.tells else UNTOLD)
