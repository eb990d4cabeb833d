"""Profiles for 100,000 users that have none, beside the INSERT alone: uv run benchmarks/create_missing_profiles.py"""

import io
import os
import resource
import time

from sites import in_each_database, size

USERS = size(100_000, 1_000)


def measure() -> None:
    """Print seconds, their ratio to bulk_create() alone, and memory."""
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.models import User
    from profiles.models import Profile

    call_command("migrate", verbosity=0)
    User.objects.bulk_create((User(email=f"{n}@example.com") for n in range(USERS)), batch_size=10_000)
    keys = list(User.objects.values_list("pk", flat=True))

    start = time.perf_counter()
    Profile.objects.bulk_create([Profile(user_id=key) for key in keys], batch_size=2000)
    bare = time.perf_counter() - start
    Profile.objects.all()._raw_delete("default")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    call_command("create_missing_profiles", stdout=io.StringIO())
    ours = time.perf_counter() - start
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert Profile.objects.count() == USERS
    print(f"  {ours:5.2f} s  {ours / bare:4.2f} x bulk_create alone  peak memory + {grown:.0f} MiB")


if __name__ == "__main__":
    measure() if "IN_SITE" in os.environ else in_each_database(__file__)
