"""The pages of a site that had pages before this: what is public already is no news, and its readers get no mail."""

from datetime import UTC, datetime

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

from core.querysets import batches

# Too long ago for its readers to be told, should it be published again.
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def mark_public_pages(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using, now = schema_editor.connection.alias, timezone.now()
    announcement_model = apps.get_model("subscriptions.Announcement")
    pages = apps.get_model("pages.Page")._base_manager.using(using).filter(published_at__lte=now)
    for batch in batches(pages):
        announcements = [
            announcement_model(page_id=key, published=True, readers_told_at=LONG_AGO)
            for key in batch.values_list("pk", flat=True)
        ]
        # ignore_conflicts: a run that was interrupted may be repeated.
        announcement_model._base_manager.using(using).bulk_create(announcements, ignore_conflicts=True)


class Migration(migrations.Migration):
    # Each batch is a transaction of its own: nothing is locked for long.
    atomic = False

    dependencies = [("subscriptions", "0001_initial")]

    operations = [migrations.RunPython(mark_public_pages, migrations.RunPython.noop)]
