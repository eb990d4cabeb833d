"""What the tests of auth_tracking share: somebody at the door."""

from typing import Any

from django.test import Client
from django.urls import reverse

EMAIL, PASSWORD, WRONG = "ada@example.com", "correct horse 9", "wrong"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


def sign_in(
    client: Client | None = None,
    password: str = PASSWORD,
    *,
    name: str = EMAIL,
    ip: str = "203.0.113.7",
    agent: str = FIREFOX,
    headers: dict[str, str] | None = None,
) -> Any:
    """Send the sign-in form, from a new browser if none is given; return the answer."""
    answers = {"username": name, "password": password}
    headers = {"user-agent": agent} | (headers or {})
    return (client or Client()).post(reverse("login"), answers, headers=headers, REMOTE_ADDR=ip)


def fail(client: Client | None = None, *, times: int = 1, **where: Any) -> Any:
    """Send it with a wrong password, some times; return the last answer."""
    return [sign_in(client, WRONG, **where) for _ in range(times)][-1]
