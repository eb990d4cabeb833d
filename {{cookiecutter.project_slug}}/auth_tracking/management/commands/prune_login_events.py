"""``manage.py prune_login_events``: forget what is old."""

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from auth_tracking.models import FORGOTTEN, LoginAttempt, LoginEvent
from core.pruning import PruneCommand
from core.querysets import batches


class Command(PruneCommand):
    help = (
        "Delete login events older than a number of days, but each user's last sign-in, which carries how many there "
        "were. Also what the lockout counted in the database and that no longer counts. Safe beside a running site."
    )
    what = "Login events"

    def older_than(self, age: timedelta, **options: Any) -> QuerySet[LoginEvent]:
        """Without each user's last sign-in: its number is how many there were, and makes the next one not the first."""
        later = LoginEvent.objects.filter(user=OuterRef("user"), number__gt=OuterRef("number"))
        events = LoginEvent.objects.filter(time__lt=timezone.now() - age)
        return events.filter(Q(number=None) | Q(user=None) | Exists(later))

    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        super().handle(days=days, dry_run=dry_run, **options)
        if dry_run:
            return
        for attempts in batches(LoginAttempt.objects.filter(time__lt=time.time() - settings.LOCKOUT_WINDOW)):
            attempts.delete()
        # Written while their users were deleted, or later.
        users = User.objects.filter(pk=OuterRef("user"))
        for events in batches(LoginEvent.objects.filter(~Exists(users), user__isnull=False)):
            events.update(user=None, **FORGOTTEN)
