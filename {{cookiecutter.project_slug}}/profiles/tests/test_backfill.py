"""The command creates profiles for users that signals never saw."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from profiles.backfill import create_missing_profiles
from profiles.models import Profile

pytestmark = pytest.mark.django_db


def bulk_create_users(count: int) -> None:
    User.objects.bulk_create(User(email=f"user-{number}@example.com") for number in range(count))


def test_it_creates_missing_profiles_and_keeps_the_others(ada: User, capsys: pytest.CaptureFixture[str]) -> None:
    Profile.objects.update(bio="Mine")
    bulk_create_users(3)
    call_command("create_missing_profiles")
    call_command("create_missing_profiles")
    assert capsys.readouterr().out == "Profiles created: 3.\nProfiles created: 0.\n"
    assert Profile.objects.count() == 4
    assert Profile.objects.get(user=ada).bio == "Mine"


def test_it_works_in_batches() -> None:
    bulk_create_users(7)
    assert list(create_missing_profiles(User, Profile, "default", batch_size=3)) == [3, 3, 1]


def test_a_larger_batch_takes_no_more_queries() -> None:
    counts = []
    for users in (1, 50):
        User.objects.all().delete()
        bulk_create_users(users)
        with CaptureQueriesContext(connection) as queries:
            call_command("create_missing_profiles", verbosity=0)
        counts.append(len(queries))
    assert counts[0] == counts[1]
