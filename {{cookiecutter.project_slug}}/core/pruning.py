"""Commands that forget what is old."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet
from tqdm import tqdm

from core.querysets import batches

MOST_DAYS = 36_500


class PruneCommand(BaseCommand):
    """Deletes rows that are older than ``--days``, batch by batch: safe beside a running site."""

    # What the rows are called, such as "Login events".
    what: str

    def older_than(self, age: timedelta, **options: Any) -> QuerySet[Any]:
        """Which rows those are."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="How many days to keep.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would be deleted.")

    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        if not 0 <= days <= MOST_DAYS:
            raise CommandError(f"--days is {days}. It must be from 0 to {MOST_DAYS}.")
        old = self.older_than(timedelta(days=days), **options)
        if dry_run:
            self.stdout.write(f"{self.what} that would be deleted: {old.count()}.")
            return
        deleted = 0
        # disable=None: no bar where nobody watches, in a log for instance.
        with tqdm(total=old.count(), unit=f" {self.what.lower()}", disable=None) as bar:
            for batch in batches(old):
                count = batch.delete()[0]
                deleted += count
                bar.update(count)
        self.stdout.write(self.style.SUCCESS(f"{self.what} deleted: {deleted}."))
