"""The tables of each app can be taken away and made again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)

OWN = [
    app
    for app in apps.get_app_configs()
    if Path(app.path).parent == settings.BASE_DIR and any(app.get_models()) and app.label != "testing"
]


@pytest.fixture(autouse=True)
def migrated_in_the_end() -> Iterator[None]:
    """Other proofs find all tables."""
    yield
    call_command("migrate", verbosity=0)


def schema() -> set[tuple[str, ...]]:
    """The names of tables, functions and triggers."""
    found = {(table,) for table in connection.introspection.table_names()}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT proname, 'function' FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
            found.update(cursor.fetchall())
            cursor.execute("SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
            found.update(cursor.fetchall())
    return found


@pytest.mark.parametrize("app", OWN, ids=lambda app: app.label)
def test_down_and_up_again(app: AppConfig) -> None:
    before = schema()
    call_command("migrate", app.label, "zero", verbosity=0)
    left = schema()
    assert not {(model._meta.db_table,) for model in app.get_models()} & left
    assert not [entry for entry in left if entry[0].startswith(f"{app.label}_")]
    call_command("migrate", verbosity=0)
    assert schema() == before
