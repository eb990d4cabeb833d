"""The Celery app. Its workers drain the outbox: when they are nudged, and by the schedule in the settings.

``celery --app config.celery worker``, and once for all machines ``celery --app config.celery beat``.
"""

import os
import shlex

from celery import Celery
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.task(name="run_command")
def run_command(line: str) -> None:
    """Run a management command with its arguments, for the schedule."""
    call_command(*shlex.split(line))
