"""The record and the lockout cost exactly these statements, and an index finds what each page shows."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from auth_tracking import lockout, signals
from proofs.auth_tracking import fail, sign_in
from testing.signals import muted

TAKE, RELEASE = "INSERT auth_tracking_loginattempt", "DELETE auth_tracking_loginattempt"
RECORD = "INSERT auth_tracking_loginevent"
# What each adds to the statements of django.contrib.auth, with the counts in the database and anywhere else.
COSTS = {
    "success": ([TAKE, RELEASE, RECORD], [RECORD]),
    "failure": ([TAKE, RECORD], [RECORD]),
    "sign-out": ([RECORD], [RECORD]),
}


@pytest.fixture
def user(user: User) -> User:
    sign_in()  # not the very first time, and no new device any more, which others would be told of
    return user


def statements(act: Callable[[], object]) -> list[str]:
    """What is executed, each as its verb and its table."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [
        re.sub(
            r'^(\w+).*?(?:(?:FROM|INTO|UPDATE) "?(\w+)"?.*)?$', r"\1 \2", sql["sql"].strip(), flags=re.DOTALL
        ).strip()
        for sql in queries
    ]


def scenario(name: str) -> Callable[[], object]:
    client = Client()
    if name == "sign-out":
        sign_in(client)
        return lambda: client.post(reverse("logout"))
    return lambda: (sign_in if name == "success" else fail)(client)


def bare(name: str, settings: Settings) -> list[str]:
    """The statements of ``django.contrib.auth`` alone."""
    backends = settings.AUTHENTICATION_BACKENDS
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    act = scenario(name)
    with (
        muted(user_logged_in, signals.record_login),
        muted(user_logged_out, signals.record_logout),
        muted(user_login_failed, signals.record_failure),
    ):
        found = statements(act)
    settings.AUTHENTICATION_BACKENDS = backends
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", COSTS)
@pytest.mark.parametrize("store", ["DatabaseStore", "MemoryStore", "RedisStore"])
def test_outside_a_transaction(user: User, settings: Settings, name: str, store: str) -> None:
    if store == "RedisStore" and not isinstance(caches["default"], RedisCache):
        pytest.skip("The cache is not Redis.")
    settings.LOCKOUT_STORE = f"auth_tracking.stores.{store}"
    lockout.lift()
    alone = Counter(bare(name, settings))
    ours = Counter(statements(scenario(name)))
    assert alone - ours == Counter()
    assert ours - alone == Counter(COSTS[name][0 if store == "DatabaseStore" else 1])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", COSTS)
def test_inside_a_transaction_each_statement_has_a_savepoint(user: User, settings: Settings, name: str) -> None:
    settings.LOCKOUT_STORE = "auth_tracking.stores.DatabaseStore"
    with transaction.atomic():
        alone = Counter(bare(name, settings))
        ours = Counter(statements(scenario(name)))
    added = COSTS[name][0]
    savepoints = Counter({"SAVEPOINT": len(added), "RELEASE": len(added)})
    assert ours - alone == Counter(added) + savepoints


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ("DatabaseStore", [TAKE, "SELECT auth_tracking_loginattempt", "SELECT auth_tracking_loginevent"]),
        ("MemoryStore", ["SELECT auth_tracking_loginevent"]),
    ],
)
def test_who_is_blocked_costs_nothing_else(user: User, settings: Settings, store: str, expected: list[str]) -> None:
    settings.LOCKOUT_STORE = f"auth_tracking.stores.{store}"
    lockout.lift()
    client = Client()
    fail(client, times=5)
    first = statements(lambda: fail(client))
    # Before Django 6, bulk_create() opens a transaction around one statement too.
    assert [statement for statement in first if statement not in ("BEGIN", "COMMIT")] == [*expected, RECORD]
    assert statements(lambda: fail(client)) == expected


@pytest.mark.django_db(transaction=True)
def test_the_account_page_costs_three_queries_more(
    client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    client.force_login(user)
    client.get(reverse("account"))  # the messages
    settings.PARTS = {place: [] for place in settings.PARTS} | {"account": ["accounts/account_panel.html"]}
    with CaptureQueriesContext(connection) as alone:
        client.get(reverse("account"))
    settings.PARTS["account"].append("auth_tracking/account_panel.html")
    with django_assert_num_queries(len(alone) + 3):  # sign-ins; failed ones, blocked ones
        client.get(reverse("account"))


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
@pytest.mark.parametrize(
    "path",
    [
        "/accounts/",
        "/admin/auth_tracking/loginevent/",
        "/admin/auth_tracking/loginevent/?q=ada@example.com",
        "/admin/auth_tracking/loginevent/?q=203.0.113.7",
        "/admin/auth_tracking/loginevent/?kind__exact=blocked",
        "/admin/auth_tracking/loginevent/?new_device__exact=1",
    ],
)
def test_an_index_finds_what_a_page_shows(admin_client: Client, path: str, plans: Callable[..., list[str]]) -> None:
    found = plans(admin_client, path, "auth_tracking_loginevent")
    assert found
    for plan in found:
        assert "Seq Scan on auth_tracking" not in plan, plan
        assert "Sort" not in plan, plan
