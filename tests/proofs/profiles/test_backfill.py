"""Missing profiles are made beside a running site: each once, in batches, by the command and by the migration."""

import contextlib
import threading
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations.state import ProjectState
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from profiles.backfill import create_missing_profiles
from profiles.models import Profile
from proofs.threads import run_at_once

migration = import_module("profiles.migrations.0002_create_missing_profiles")


def bulk_users(count: int, using: str = "default") -> list[User]:
    """Users that signals never saw."""
    return User.objects.using(using).bulk_create(User(email=f"user-{n}@example.com") for n in range(count))


@pytest.mark.django_db
class TestCommand:
    @pytest.mark.django_db(databases=["default", "other"])
    def test_works_in_another_database(self, other_database: str) -> None:
        bulk_users(3, using=other_database)
        call_command("create_missing_profiles", database=other_database)
        assert Profile.objects.using(other_database).count() == 3

    def test_in_batches_of_five_queries_each(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        bulk_users(7)
        # Each batch: SAVEPOINT, the users, who of them lacks a profile still, the profiles, RELEASE; at the end, one
        # that finds nobody.
        with django_assert_num_queries(3 * 5 + 3):
            assert list(create_missing_profiles(User, Profile, "default", batch_size=3)) == [3, 3, 1]
        assert Profile.objects.count() == 7


@pytest.mark.django_db(transaction=True)
class TestBesideARunningSite:
    def test_runs_at_once_make_each_profile_once(self) -> None:
        bulk_users(300)
        created = run_at_once(*[backfill] * 3)
        assert Profile.objects.count() == sum(created) == 300

    def test_users_come_and_go_meanwhile(self) -> None:
        users = bulk_users(300)

        def leave() -> None:
            for user in users[::3]:
                try:
                    user.delete()
                except IntegrityError:  # its profile was made just now: see create_missing_profiles
                    user.delete()

        def join() -> None:
            for n in range(50):
                User.objects.create_user(f"new-{n}@example.com")

        run_at_once(backfill, leave, join)
        backfill()
        assert User.objects.count() == Profile.objects.count() == 250

    def test_a_user_whose_profile_is_being_made_is_not_deleted_meanwhile(self) -> None:
        (user,) = bulk_users(1)
        waited: list[bool] = []

        def delete() -> None:
            with contextlib.suppress(IntegrityError):
                user.delete()
            connection.close()

        deletion = threading.Thread(target=delete)

        def delete_before_insert(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
            if sql.startswith("INSERT"):
                deletion.start()
                deletion.join(0.1)
                waited.append(deletion.is_alive())
            return execute(sql, *args)

        with connection.execute_wrapper(delete_before_insert):
            backfill()
        deletion.join(30)
        assert waited == [True]

    @pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time.")
    def test_a_profile_that_somebody_else_makes_meanwhile_stays(self) -> None:
        users = bulk_users(3)

        def make_one_before_insert(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
            if sql.startswith("INSERT") and threading.current_thread() is threading.main_thread():
                run_at_once(lambda: Profile.objects.create(user=users[1], bio="Mine"))
            return execute(sql, *args)

        with connection.execute_wrapper(make_one_before_insert):
            backfill()
        assert [profile.bio for profile in Profile.objects.order_by("user")] == ["", "Mine", ""]


def backfill() -> int:
    return sum(create_missing_profiles(User, Profile, "default", batch_size=20))


@pytest.mark.django_db
def test_the_migration_gives_the_users_of_an_older_site_their_profiles() -> None:
    bulk_users(3)
    models = ProjectState.from_apps(apps).apps  # as a migration has them
    migration.create_profiles(models, SimpleNamespace(connection=connection))
    assert Profile.objects.count() == 3
