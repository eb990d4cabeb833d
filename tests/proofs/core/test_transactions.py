"""A savepoint keeps the transaction around it usable, and costs nothing where there is none."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from core.transactions import joined, savepoint


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


@pytest.mark.django_db(transaction=True)
class TestJoined:
    def test_is_a_transaction_where_there_is_none(self) -> None:
        with pytest.raises(RuntimeError), joined("default"):
            User.objects.create_user("ada@example.com")
            raise RuntimeError
        assert not User.objects.exists()

    def test_is_the_one_that_there_is_and_costs_nothing(self) -> None:
        with transaction.atomic():
            with pytest.raises(RuntimeError), CaptureQueriesContext(connection) as queries, joined("default"):
                raise RuntimeError
            assert len(queries) == 0
            User.objects.create_user("ada@example.com")
        assert User.objects.exists()
