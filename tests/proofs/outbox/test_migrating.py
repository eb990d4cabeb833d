"""The outbox's table can be created again where a function of its migrations is left over."""

import pytest
from django.core.management import call_command
from django.db import connection


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="Only PostgreSQL has the function.")
def test_a_function_that_is_left_is_replaced_and_then_goes() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE outbox_event")
        call_command("migrate", "outbox", "zero", fake=True, verbosity=0)
        call_command("migrate", "outbox", verbosity=0)
        call_command("migrate", "outbox", "zero", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_proc WHERE proname = 'outbox_tell'")
            assert cursor.fetchone() == (0,)
    finally:
        call_command("migrate", "outbox", verbosity=0)
