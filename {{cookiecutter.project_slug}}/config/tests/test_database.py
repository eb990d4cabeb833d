"""SQLite under the load of a web site: as it is set up here, no writer is turned away."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import User

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
    failures: list[Exception] = []
    start = threading.Barrier(THREADS)

    def count() -> None:
        start.wait(10)
        try:
            for _ in range(ROUNDS):
                with transaction.atomic():
                    user = User.objects.get()
                    user.name = str(int(user.name) + 1)
                    user.save()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert User.objects.get().name == str(THREADS * ROUNDS)
