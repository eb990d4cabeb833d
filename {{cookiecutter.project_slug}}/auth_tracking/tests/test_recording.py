"""Sign-ins, sign-outs and failures are recorded, and anonymized with their user."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from auth_tracking import signals
from auth_tracking.models import FORGOTTEN, LoginAttempt, LoginEvent
from auth_tracking.names import name_key

pytestmark = pytest.mark.django_db


def test_a_sign_in_is_recorded(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right", ip="203.0.113.7")

    event = LoginEvent.objects.get()
    assert (event.kind, event.user, event.name) == ("signed_in", user, "ada@example.com")
    assert (event.ip, event.device, event.number) == ("203.0.113.7", "Firefox on Windows", 1)


def test_a_sign_out_is_recorded_in_the_session_of_its_sign_in(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right").client.post(reverse("logout"))

    signed_in, signed_out = LoginEvent.objects.order_by("pk")
    assert (signed_out.kind, signed_out.user) == ("signed_out", user)
    assert signed_out.session == signed_in.session != ""


def test_a_wrong_password_is_recorded(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("wrong", ip="203.0.113.7")
    authenticate(username="ada@example.com", password="wrong")  # without a request

    events = LoginEvent.objects.order_by("pk").values_list("kind", "user", "name", "ip")
    assert list(events) == [
        ("failed", user.pk, "ada@example.com", "203.0.113.7"),
        ("failed", user.pk, "ada@example.com", None),
    ]


def test_a_name_that_no_account_has_is_stored_as_a_hash_only(sign_in: Callable[..., Any]) -> None:
    sign_in("wrong", email="a password in the wrong field")

    event = LoginEvent.objects.get()
    assert (event.user, event.name) == (None, "")
    assert event.name_key == name_key("a password in the wrong field")


def test_impersonation_is_not_recorded(user: User, sign_in: Callable[..., Any], settings: Settings) -> None:
    settings.IMPERSONATING_VIEWS = ["login", "logout"]
    sign_in("right").client.post(reverse("logout"))

    assert not LoginEvent.objects.exists()


def test_people_can_sign_in_even_if_nothing_can_be_recorded(
    user: User, sign_in: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    def disk_full(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if "auth_tracking_loginevent" in sql:
            raise DatabaseError("The disk is full.")
        return execute(sql, *args)

    with connection.execute_wrapper(disk_full):
        assert sign_in("wrong").status_code == 200
        assert sign_in("right").status_code == 302

    assert "A failed sign-in was not recorded." in caplog.text
    assert "A sign-in was not recorded." in caplog.text


def test_the_events_of_a_deleted_user_are_anonymized(user: User, sign_in: Callable[..., Any]) -> None:
    sign_in("right")
    sign_in("wrong")
    user.delete()

    for event in LoginEvent.objects.values("user", *FORGOTTEN):
        assert event == {"user": None, **FORGOTTEN}
    assert set(LoginEvent.objects.values_list("kind", flat=True)) == {"signed_in", "failed"}


def test_the_lockout_forgets_a_deleted_user(locked_out: None, user: User, delivered: Callable[..., Any]) -> None:
    with delivered():
        user.delete()

    assert not LoginAttempt.objects.exists()


@pytest.mark.parametrize(("password", "cost"), [("right", 3), ("wrong", 2)])
def test_recording_and_the_lockout_cost_a_few_statements(
    user: User, sign_in: Callable[..., Any], settings: Settings, muted: Callable[..., None], password: str, cost: int
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            sign_in(password)
        return len([query for query in queries if "SAVEPOINT" not in query["sql"]])

    sign_in("right")  # from now on the device is known
    with_tracking = statements()
    settings.LOCKOUT = False
    muted(user_logged_in, signals.record_login)
    muted(user_login_failed, signals.record_failure)

    assert with_tracking == statements() + cost
