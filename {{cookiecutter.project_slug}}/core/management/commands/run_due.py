"""``manage.py run_due``: run what is due of ``SCHEDULE``."""

import logging
import shlex
from datetime import timedelta
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from django.utils import timezone

from core.models import ScheduledRun

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run the commands of SCHEDULE that are due. For cron, every minute; safe to run several times at once. A "
        "command that fails is logged, stops none of the others, and runs again when it is next due. What they print "
        "is dropped: cron would mail it."
    )

    def handle(self, **options: Any) -> None:
        failed = []
        for line, every in settings.SCHEDULE.items():
            try:
                if claim(line, every):
                    call_command(*shlex.split(line), stdout=StringIO())
            except Exception:
                logger.exception("%s failed.", line)
                failed.append(line)
                close_old_connections()  # it may have lost its connection
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log holds the tracebacks.")


def claim(line: str, every: timedelta) -> bool:
    """Whether a command is due. If so, that it starts now is noted, and nobody else gets it before it is due again."""
    # Whole minutes: cron starts a second early or late, and what is due every minute must not skip one for that.
    now = timezone.now().replace(second=0, microsecond=0)
    run, is_new = ScheduledRun.objects.get_or_create(command=line, defaults={"started_at": now})
    due = ScheduledRun.objects.filter(pk=run.pk, started_at__lte=now - every)
    return is_new or bool(due.update(started_at=now))
