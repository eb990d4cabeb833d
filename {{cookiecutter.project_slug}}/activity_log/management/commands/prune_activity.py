"""``manage.py prune_activity``: forget what is old."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from activity_log.models import ActivityEntry
from core.pruning import PruneCommand


class Command(PruneCommand):
    help = "Delete activity entries older than a number of days. Safe beside a running site."
    what = "Activity entries"

    def older_than(self, age: timedelta, **options: Any) -> QuerySet[ActivityEntry]:
        return ActivityEntry.objects.filter(time__lt=timezone.now() - age)
