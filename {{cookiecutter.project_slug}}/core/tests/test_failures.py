"""What fails is logged, and harms nothing else."""

import logging

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.failures import failures_logged, savepoint

logger = logging.getLogger(__name__)


def test_a_failure_is_logged_with_its_traceback_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    with failures_logged(logger, "It did not work."):
        raise RuntimeError("out of order")
    (record,) = caplog.records
    assert (record.name, record.levelname, record.message) == (__name__, "ERROR", "It did not work.")
    assert "RuntimeError: out of order" in caplog.text


def test_whoever_ends_the_process_ends_it() -> None:
    with pytest.raises(SystemExit), failures_logged(logger, "It did not work."):
        raise SystemExit


def fail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")


@pytest.mark.django_db(transaction=True)
class TestSavepoint:
    def test_keeps_the_transaction_around_it_usable(self) -> None:
        with transaction.atomic():
            with pytest.raises(DatabaseError), savepoint("default"):
                fail()
            User.objects.create_user("ada@example.com")
        assert User.objects.count() == 1

    def test_is_none_and_costs_nothing_outside_of_one(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(1), savepoint("default"):
            User.objects.exists()
