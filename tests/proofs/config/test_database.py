"""SQLite, as it is set up here, turns no writer away under the load of a web site."""

import pytest
from django.db import connection, transaction

from accounts.models import User
from proofs.threads import run_at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="The database is not SQLite."),
]

THREADS, ROUNDS = 8, 10


def test_it_keeps_a_write_ahead_log() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)


def test_writers_that_read_first_all_get_their_turn() -> None:
    User.objects.create(email="ada@example.com", name="0")

    def count() -> None:
        for _ in range(ROUNDS):
            with transaction.atomic():
                user = User.objects.get()
                user.name = str(int(user.name) + 1)
                user.save()

    run_at_once(*[count] * THREADS)
    assert User.objects.get().name == str(THREADS * ROUNDS)
