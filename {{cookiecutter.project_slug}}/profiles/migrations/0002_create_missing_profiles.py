"""Profiles for the users of a site that had users before it had profiles."""

from collections import deque

from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from profiles.backfill import create_missing_profiles


def create_profiles(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    user_model = apps.get_model(settings.AUTH_USER_MODEL)
    profile_model = apps.get_model("profiles.Profile")
    # maxlen=0: run to the end, keep nothing.
    deque(create_missing_profiles(user_model, profile_model, schema_editor.connection.alias), maxlen=0)


class Migration(migrations.Migration):
    # Each batch is a transaction of its own: nothing is locked for long.
    atomic = False

    dependencies = [("profiles", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [migrations.RunPython(create_profiles, migrations.RunPython.noop)]
