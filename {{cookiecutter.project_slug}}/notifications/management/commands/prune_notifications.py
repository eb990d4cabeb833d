"""``manage.py prune_notifications``: forget what was read long ago."""

from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.pruning import PruneCommand
from notifications.models import Notification


class Command(PruneCommand):
    help = (
        "Delete notifications that were read more than a number of days ago; also those that were written while their "
        "users were being deleted. Safe beside a running site."
    )
    what = "Notifications"

    def older_than(self, age: timedelta, **options: Any) -> QuerySet[Notification]:
        read = Q(read_at__lt=timezone.now() - age)
        return Notification.objects.filter(read | ~Exists(User.objects.filter(pk=OuterRef("user"))))
