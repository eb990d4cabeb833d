"""The Celery app. Its workers drain the outbox: when they are nudged, and by the schedule in the settings.

``celery --app config.celery worker``, and once for all machines ``celery --app config.celery beat``.
"""

import os
from typing import Any

from celery import Celery
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("site")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.task(name="run_command")
def run_command(name: str, **options: Any) -> None:
    """Run a management command, for the schedule."""
    call_command(name, **options)
