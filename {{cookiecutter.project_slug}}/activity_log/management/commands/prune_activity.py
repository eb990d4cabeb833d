"""``manage.py prune_activity``: forget what is old."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from activity_log.models import ActivityEntry
from core.querysets import batches

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = "Delete activity entries older than a number of days. Safe beside a running site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="How many days to keep.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would be deleted.")

    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        if not 0 <= days <= MOST_DAYS:
            raise CommandError(f"--days is {days}. It must be from 0 to {MOST_DAYS}.")
        old = ActivityEntry.objects.filter(time__lt=timezone.now() - timedelta(days=days))
        if dry_run:
            self.stdout.write(f"Activity entries that would be deleted: {old.count()}.")
            return
        deleted = 0
        # disable=None: no bar where nobody watches, in a log for instance.
        with tqdm(total=old.count(), unit=" entries", disable=None) as bar:
            for batch in batches(old):
                count = batch.delete()[0]
                deleted += count
                bar.update(count)
        self.stdout.write(self.style.SUCCESS(f"Activity entries deleted: {deleted}."))
