"""After too many wrong passwords no more are checked, not even the right one."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.backends import BaseBackend
from django.db.models import F
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from auth_tracking.models import LoginAttempt, LoginEvent

pytestmark = pytest.mark.django_db


def test_the_sixth_attempt_is_refused(user: User, sign_in: Callable[..., Any]) -> None:
    responses = [sign_in("wrong") for _ in range(6)]

    assert [response.status_code for response in responses] == [200] * 5 + [429]
    assert 0 < int(responses[-1].headers["Retry-After"]) <= 15 * 60
    assert "Too many attempts" in responses[-1].text


def test_the_right_password_is_not_even_checked(locked_out: None, sign_in: Callable[..., Any]) -> None:
    with patch.object(User, "check_password") as check_password:
        assert sign_in("right").status_code == 429
    check_password.assert_not_called()


def test_a_lockout_does_not_tell_whether_an_account_exists(
    locked_out: None, sign_in: Callable[..., Any], rf: RequestFactory
) -> None:
    for _ in range(5):
        authenticate(rf.get("/", REMOTE_ADDR="203.0.113.7"), username="nobody@example.com", password="wrong")
    assert sign_in("wrong", email="nobody@example.com").content == sign_in("wrong", email="ada@example.com").content


def test_another_spelling_of_the_name_is_refused_too(locked_out: None, sign_in: Callable[..., Any]) -> None:
    assert sign_in("right", email="ADA@Example.com").status_code == 429


def test_other_addresses_and_other_names_are_free(locked_out: None, sign_in: Callable[..., Any]) -> None:
    User.objects.create_user("bob@example.com", "right")
    assert sign_in("right", ip="198.51.100.1").status_code == 302
    assert sign_in("right", email="bob@example.com").status_code == 302


def test_a_lockout_ends(locked_out: None, sign_in: Callable[..., Any], settings: Settings) -> None:
    LoginAttempt.objects.update(time=F("time") - settings.LOCKOUT_WINDOW)
    assert sign_in("right").status_code == 302


def test_the_right_password_resets_the_count(user: User, sign_in: Callable[..., Any]) -> None:
    responses = [sign_in(password) for password in ["wrong"] * 4 + ["right", "wrong"]]
    assert [response.status_code for response in responses] == [200] * 4 + [302, 200]


class TokenBackend(BaseBackend):
    """Lets in whom Django's own backend does not."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **kwargs: Any
    ) -> User | None:
        return User.objects.get(email=username) if password == "token" else None


def test_a_success_of_another_backend_is_not_counted(
    user: User, sign_in: Callable[..., Any], settings: Settings
) -> None:
    settings.AUTHENTICATION_BACKENDS = ["auth_tracking.backends.LockoutBackend", f"{__name__}.TokenBackend"]
    assert [sign_in("token").status_code for _ in range(6)] == [302] * 6


def test_refused_attempts_are_recorded_once_a_window(
    locked_out: None, sign_in: Callable[..., Any], settings: Settings
) -> None:
    settings.LOCKOUT_WINDOW = 10**10  # since 1970 there has been no other
    for _ in range(3):
        assert sign_in("wrong").status_code == 429
    assert LoginEvent.objects.filter(kind="blocked").count() == 1


def test_an_api_client_is_answered_with_json(locked_out: None, client: Client) -> None:
    form = {"username": "ada@example.com", "password": "right"}
    response = client.post(reverse("login"), form, headers={"accept": "application/json"}, REMOTE_ADDR="203.0.113.7")
    assert response.status_code == 429
    assert response.json()["detail"].startswith("Too many attempts.")


def test_links_for_a_new_password_have_a_limit_of_their_own(locked_out: None, client: Client) -> None:
    form = {"email": "ada@example.com"}
    responses = [client.post(reverse("password_reset"), form, REMOTE_ADDR="203.0.113.7") for _ in range(6)]
    assert [response.status_code for response in responses] == [302] * 5 + [429]


def test_the_lockout_can_be_switched_off(locked_out: None, sign_in: Callable[..., Any], settings: Settings) -> None:
    settings.LOCKOUT = False
    assert sign_in("right").status_code == 302


@pytest.mark.parametrize(("fails_open", "status"), [(True, 302), (False, 503)])
def test_when_attempts_cannot_be_counted_everybody_may_try_or_nobody(
    user: User, sign_in: Callable[..., Any], settings: Settings, fails_open: bool, status: int
) -> None:
    settings.LOCKOUT_STORE = "auth_tracking.stores.StoreThatIsDown"
    settings.LOCKOUT_FAILS_OPEN = fails_open
    assert sign_in("right").status_code == status
