"""``manage.py prune_outbox``: forget what was delivered."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from core.pruning import PruneCommand
from outbox.models import PARKED, Event


class Command(PruneCommand):
    help = "Delete signals that were delivered more than a number of days ago. Safe beside a running site."
    what = "Signals"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--parked", action="store_true", help="Delete those parked before then too.")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="Whose signals to delete.")

    def older_than(
        self, age: timedelta, *, parked: bool = False, database: str = DEFAULT_DB_ALIAS, **options: Any
    ) -> QuerySet[Event]:
        if database not in connections:
            raise CommandError(f'There is no database "{database}".')
        then = Now() - age
        chosen = Q(delivered_at__lt=then)
        if parked:
            chosen |= PARKED & Q(parked_at__lt=then)
        return Event.objects.using(database).filter(chosen)
