"""``manage.py prune_activity``."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from activity_log.models import ActivityEntry


@pytest.mark.django_db
def test_it_deletes_entries_that_are_older_than_some_days() -> None:
    for days in (1, 30, 32, 400):
        ActivityEntry.objects.create(kind="changed", label=f"{days}", time=timezone.now() - timedelta(days))
    call_command("prune_activity", days=31, verbosity=0)
    assert [entry.label for entry in ActivityEntry.objects.order_by("id")] == ["1", "30"]
