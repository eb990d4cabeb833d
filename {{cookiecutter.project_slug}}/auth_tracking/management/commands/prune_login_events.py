"""``manage.py prune_login_events``: forget what is old."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from tqdm import tqdm

from accounts.models import User
from auth_tracking.models import FORGOTTEN, LoginAttempt, LoginEvent
from core.querysets import batches

MOST_DAYS = 36_500


class Command(BaseCommand):
    help = (
        "Delete login events older than a number of days, but each user's last sign-in, which carries how many there "
        "were. Also what the lockout counted in the database and that no longer counts. Safe beside a running site."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, required=True, help="How many days to keep.")
        parser.add_argument("--dry-run", action="store_true", help="Only say how many would be deleted.")

    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        if not 0 <= days <= MOST_DAYS:
            raise CommandError(f"--days is {days}. It must be from 0 to {MOST_DAYS}.")
        old = prunable(LoginEvent.objects.filter(time__lt=timezone.now() - timedelta(days=days)))
        attempts = LoginAttempt.objects.filter(time__lt=time.time() - settings.LOCKOUT_WINDOW)
        if dry_run:
            self.stdout.write(f"Login events that would be deleted: {old.count()}.")
            return
        deleted = 0
        # disable=None: no bar where nobody watches, in a log for instance.
        with tqdm(total=old.count(), unit=" events", disable=None) as bar:
            for batch in batches(old):
                count = batch.delete()[0]
                deleted += count
                bar.update(count)
        for some_attempts in batches(attempts):
            some_attempts.delete()
        # Written while their users were deleted, or later.
        users = User.objects.filter(pk=OuterRef("user"))
        for batch in batches(LoginEvent.objects.filter(~Exists(users), user__isnull=False)):
            batch.update(user=None, **FORGOTTEN)
        self.stdout.write(self.style.SUCCESS(f"Login events deleted: {deleted}."))


def prunable(events: QuerySet[LoginEvent]) -> QuerySet[LoginEvent]:
    """Without each user's last sign-in: its number is how many there were, and makes the next one not the first."""
    later = LoginEvent.objects.filter(user=OuterRef("user"), number__gt=OuterRef("number"))
    return events.filter(Q(number=None) | Q(user=None) | Exists(later))
