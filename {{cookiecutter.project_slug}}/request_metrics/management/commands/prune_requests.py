"""``manage.py prune_requests``: forget the hours, slow requests and failures of long ago."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from core.pruning import PruneCommand
from request_metrics.models import EVER, Failure, RequestCount, SlowRequest


class Command(PruneCommand):
    help = (
        "Delete what was counted by the hour, slow requests, and failures not seen since, more than a number of days "
        "ago. What counts all requests ever stays. Safe beside a running site."
    )

    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        for self.what in ("Counts", "Slow requests", "Failures"):
            super().handle(days=days, dry_run=dry_run, **options)

    def older_than(self, age: timedelta, **options: Any) -> QuerySet[Any]:
        then = timezone.now() - age
        return {
            "Counts": RequestCount.objects.filter(hour__lt=then).exclude(hour=EVER),
            "Slow requests": SlowRequest.objects.filter(time__lt=then),
            "Failures": Failure.objects.filter(last_at__lt=then),
        }[self.what]
