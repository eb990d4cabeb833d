from typing import Any

from django.db import migrations


def create_trigger(apps: Any, schema_editor: Any) -> None:
    """Where the database can tell relays of new rows, have it do so: once for each statement, after the commit."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE OR REPLACE FUNCTION outbox_tell() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN NOTIFY outbox_event; RETURN NULL; END $$"
        )
        schema_editor.execute(
            "CREATE OR REPLACE TRIGGER outbox_tell AFTER INSERT ON outbox_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION outbox_tell()"
        )


def drop_trigger(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS outbox_tell() CASCADE")  # and the trigger


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [migrations.RunPython(create_trigger, drop_trigger)]
