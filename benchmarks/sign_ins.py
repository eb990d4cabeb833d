"""What auth_tracking costs, and that a hundred thousand events change nothing: uv run benchmarks/sign_ins.py

First signing in, failing and signing out through the real pages, as ratios to django.contrib.auth alone in the same
run, with a fast password hasher (with a real one, all of them are 1.0). Then the pages and the lockout's check with a
hundred thousand rows, half of them of one user, as ratios to a thousand, with the query plans.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sites import in_each_database, size

ROUNDS, REPEAT = size(40, 2), size(20, 3)
FEW, MANY = 1_000, size(100_000, 2_000)
EMAIL, PASSWORD = "ada@example.com", "correct horse 9"

Act = Callable[[], object]


def seconds(act: Act) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextmanager
def django_alone() -> Iterator[None]:
    """Without receivers, backend and middleware of ours."""
    from django.apps import apps
    from django.conf import settings
    from django.contrib.auth import signals
    from django.test import override_settings

    for signal in (signals.user_logged_in, signals.user_logged_out, signals.user_login_failed):
        for receiver in ("record_login", "release_attempt", "record_logout", "record_failure"):
            signal.disconnect(dispatch_uid=f"auth_tracking.signals.{receiver}")
    middleware = [name for name in settings.MIDDLEWARE if not name.startswith("auth_tracking.")]
    backends = ["django.contrib.auth.backends.ModelBackend"]
    with override_settings(MIDDLEWARE=middleware, AUTHENTICATION_BACKENDS=backends):
        yield
    apps.get_app_config("auth_tracking").ready()


@contextmanager
def counting_in(store: str) -> Iterator[None]:
    """With the lockout's counts in that store."""
    from django.test import override_settings

    caches = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    if store == "RedisStore":
        redis = os.environ["TEST_CACHE_URL"]
        caches = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": redis}}
    with override_settings(LOCKOUT_STORE=f"auth_tracking.stores.{store}", CACHES=caches):
        yield


def sign_ins() -> dict[str, float]:
    """The time of each thing that somebody does at the door, once."""
    from django.test import Client

    from auth_tracking import lockout

    client = Client()
    post = partial(client.post, "/accounts/sign-in/")
    right, wrong = ({"username": EMAIL, "password": password} for password in (PASSWORD, "wrong"))
    lockout.lift()
    client.get("/accounts/sign-in/")  # the handler and its connections are there
    times = {
        "success": seconds(lambda: post(right)),
        "sign-out": seconds(lambda: client.post("/accounts/sign-out/")),
        "failure": seconds(lambda: post(wrong)),
    }
    for _ in range(4):
        post(wrong)
    return times | {"blocked": seconds(lambda: post(wrong))}


def measure_sign_ins() -> None:
    """Print the ratios to django.contrib.auth alone."""
    variants = {
        "django alone": django_alone,
        "database": partial(counting_in, "DatabaseStore"),
        "memory": partial(counting_in, "MemoryStore"),
    }
    if "TEST_CACHE_URL" in os.environ:
        variants["Redis"] = partial(counting_in, "RedisStore")
    times: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, variant in variants.items():  # in turns, so that all see the same machine
            with variant():
                times[name].append(sign_ins())
    medians = {
        name: {what: statistics.median(each[what] for each in rounds) for what in rounds[0]}
        for name, rounds in times.items()
    }
    alone = medians.pop("django alone")
    print("  counts in   " + "".join(f"{what:>10}" for what in alone))
    for name, median in medians.items():
        # What is blocked is compared with what fails: no password is looked at.
        ratios = [median[what] / alone["failure" if what == "blocked" else what] for what in alone]
        print(f"  {name:12}" + "".join(f"{ratio:9.2f}x" for ratio in ratios))


def fill(first: int, last: int) -> None:
    """Make the events and attempts of these numbers: every other one of one user, from one address."""
    from accounts.models import User
    from auth_tracking.models import LoginAttempt, LoginEvent
    from auth_tracking.names import name_key

    user = User.objects.get(email=EMAIL)
    key = name_key(EMAIL)
    offset = 10 + first * 2  # above what was recorded meanwhile
    old = time.time() - 1_000_000
    for start in range(first, last, 10_000):
        numbers = range(start, min(last, start + 10_000))
        LoginEvent.objects.bulk_create(
            LoginEvent(
                kind="signed_in", user=user, name=EMAIL, name_key=key, ip="192.0.2.1", number=offset + number + 1
            )
            if number % 2
            else LoginEvent(
                kind="failed", name_key=f"{number:064x}", ip=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            )
            for number in numbers
        )
        LoginAttempt.objects.bulk_create(
            LoginAttempt(
                name_key=key,
                ip_key="192.0.2.1",
                time=old,
                name_number=offset + number + 1,
                ip_number=offset + number + 1,
            )
            if number % 2
            else LoginAttempt(name_key=f"{number:064x}", ip_key=f"{number:x}", time=old, name_number=1, ip_number=1)
            for number in numbers
        )


def measure_growth() -> None:
    """Print the times with MANY rows as ratios to those with FEW, and the query plans with MANY."""
    from django.db import connection
    from django.test import Client, RequestFactory
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from auth_tracking import lockout
    from auth_tracking.models import LoginEvent

    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
    User.objects.update(is_staff=True, is_superuser=True)
    lockout.lift()
    LoginEvent.objects.all().delete()
    client, absent = Client(), Client()
    user = User.objects.get()
    client.force_login(user)
    # Somebody whose last visit lies before the events of all the others.
    somebody = User.objects.create_user("grace@example.com")
    for _ in range(2):
        absent.logout()
        absent.force_login(somebody)
    acts: dict[str, Act] = {
        "account page": lambda: client.get("/accounts/"),
        "... after long absence": lambda: absent.get("/accounts/"),
        "admin, first page": lambda: client.get("/admin/auth_tracking/loginevent/"),
        "admin, search": lambda: client.get("/admin/auth_tracking/loginevent/", {"q": EMAIL}),
        "admin, filter": lambda: client.get("/admin/auth_tracking/loginevent/", {"kind__exact": "signed_in"}),
        "lockout's check": lambda: lockout.take(request, EMAIL),
        "record of a sign-in": lambda: LoginEvent.objects.record_login(request, user),
    }
    times = []
    for first, last in ((0, FEW), (FEW, MANY)):
        fill(first, last)
        with connection.cursor() as cursor:
            # As both databases do by themselves some time after so many rows have come.
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
        for _ in range(5):
            lockout.take(request, EMAIL)  # from here on, what is checked is refused: every limit is looked at
        times.append({what: statistics.median(seconds(act) for _ in range(REPEAT)) for what, act in acts.items()})
    for what, act in acts.items():
        print(
            f"  {what:24} {times[1][what] * 1000:7.2f} ms  {times[1][what] / times[0][what]:5.2f}x of a thousand rows"
        )
        with CaptureQueriesContext(connection) as queries:
            act()
        for query in queries:
            if "auth_tracking" in query["sql"]:
                print_plan(query["sql"])


def print_plan(sql: str) -> None:
    """Print how the database finds the rows of a query."""
    from django.db import connection

    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN (COSTS OFF)"
        cursor.execute(f"{explain} {sql}")
        for *_, step in cursor.fetchall():
            if "SCAN" in step.upper() or "SEARCH" in step.upper():
                print(f"      {step.strip()}")


def main() -> None:
    """Run in a site."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import override_settings

    from accounts.models import User

    hasher = "django.contrib.auth.hashers.MD5PasswordHasher"
    call_command("migrate", verbosity=0)
    with override_settings(PASSWORD_HASHERS=[hasher], ALLOWED_HOSTS=["testserver"]):
        User.objects.create_user(EMAIL, PASSWORD)
        measure_sign_ins()
        measure_growth()


if __name__ == "__main__":
    main() if "IN_SITE" in os.environ else in_each_database(__file__)
