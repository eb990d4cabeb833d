"""``manage.py relay_signals``: deliver what waits."""

import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from outbox.relay import Relay


class Command(BaseCommand):
    help = "Deliver the site's own signals to their receivers, until SIGTERM or SIGINT. Start as many as are needed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="Whose signals to deliver.")
        parser.add_argument("--once", action="store_true", help="Deliver what is due, and exit.")

    def handle(self, *, database: str, once: bool, **options: Any) -> None:
        if database not in connections:
            raise CommandError(f'There is no database "{database}".')
        relay = Relay(database)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def stop(number: int, frame: FrameType | None) -> None:
            # The second one ends it as if there were no handler.
            relay.stop()
            signal.signal(number, handlers[signal.Signals(number)])

        for number in handlers:
            signal.signal(number, stop)
        self.stdout.write(f'Delivering signals of the database "{database}".')
        try:
            if once:
                relay.deliver_due()
            else:
                relay.run()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        self.stdout.write(
            f"Delivered: {relay.delivered}. Failed, to be tried again: {relay.failed}. Parked: {relay.parked}."
        )
