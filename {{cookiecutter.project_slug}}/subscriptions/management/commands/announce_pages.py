"""``manage.py announce_pages``: announce pages that have become public, or no longer are, unseen by any receiver."""

import logging
import signal
from select import select
from socket import socketpair
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, close_old_connections, connections

from subscriptions.announcing import announce_changes

logger = logging.getLogger(__name__)

A_DAY = 24 * 60 * 60


class Command(BaseCommand):
    help = (
        "Announce pages whose time has come, and what a fixture or raw SQL has made public or taken back. Safe to "
        "repeat, and to run several times at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="Go on, and look again after so many seconds.")
        parser.add_argument(
            "--quietly",
            action="store_true",
            help="Tell nobody: what is public now is taken for known, as after an import.",
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections), help="The database (default: default)."
        )

    def handle(self, *, every: int | None, quietly: bool, database: str, **options: Any) -> None:
        if every is None:
            count = sum(announce_changes(database, quietly=quietly))
            self.stdout.write(self.style.SUCCESS(f"Pages announced: {count}."))
            return
        if not 1 <= every <= A_DAY:
            raise CommandError(f"--every is {every}. It must be from 1 to {A_DAY}.")
        if quietly:
            raise CommandError("--quietly is for one time only, without --every.")
        self.run(every, database)

    def run(self, every: int, database: str) -> None:
        """Look again and again, until the process is told to end: it does so as soon as what is begun is done."""
        # A handler may run between any two lines. What it writes is there whenever it is looked for.
        told, teller = socketpair()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: teller.send(b"."))

        def told_to_end(seconds: float = 0) -> bool:
            return bool(select([told], [], [], seconds)[0])

        while True:
            close_old_connections()
            try:
                for count in announce_changes(database):
                    self.stdout.write(f"Pages announced: {count}.")
                    self.stdout.flush()
                    if told_to_end():
                        return
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database does not answer: %s", error)
            if told_to_end(every):
                return
