"""The account page shows the sign-ins, and what concerns them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from auth_tracking.models import LoginEvent

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse 9"
WRONG = "wrong"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada")


def sign_in(client: Client, password: str = PASSWORD, *, ip: str = "203.0.113.7", agent: str = FIREFOX) -> None:
    answers = {"username": "ada@example.com", "password": password}
    client.post(reverse("login"), answers, headers={"user-agent": agent}, REMOTE_ADDR=ip)


def page(client: Client) -> str:
    return re.sub(r"\s+", " ", client.get(reverse("account")).text)


def test_the_last_sign_ins_with_their_devices_and_addresses(client: Client, user: User) -> None:
    sign_in(Client(), ip="2001:db8::1", agent="curl/8.1")
    sign_in(client)
    shown = re.findall(r'<p class="byline">([^<]*)</p> </li>', page(client))
    assert shown == ["Firefox on Windows, 203.0.113.7", "curl, 2001:db8::1"]
    assert "You have signed in 2 times." in page(client)


def test_this_session_is_marked_even_after_its_key_has_changed(client: Client, user: User) -> None:
    sign_in(client)
    sign_in(Client(), agent="curl/8.1")
    client.post(reverse("sign_out_elsewhere"))
    shown = re.findall(r'<li class="entry">(.*?)</li>', page(client))
    assert ["this session" in entry for entry in shown] == [False, True]


def test_ten_are_shown_and_all_are_counted(client: Client, user: User) -> None:
    for _ in range(12):
        client.force_login(user)
        client.logout()
    client.force_login(user)
    assert page(client).count('<li class="entry">') == 10
    assert "The last 10." in page(client)
    assert "You have signed in 13 times." in page(client)


def test_what_failed_since_the_last_visit_is_told(client: Client, user: User) -> None:
    sign_in(Client(), WRONG)
    sign_in(client)
    assert "1 attempt to sign in to your account failed, the last one on" in page(client)
    client.post(reverse("logout"))
    for _ in range(7):  # two of them are not even let through
        sign_in(Client(), WRONG, ip="198.51.100.1")
    sign_in(client)
    assert "Since your last visit, 7 attempts to sign in to your account failed" in page(client)
    assert "from 198.51.100.1." in page(client)
    client.post(reverse("logout"))
    sign_in(client)
    assert "failed" not in page(client)


def test_many_failures_are_not_all_counted(client: Client, user: User) -> None:
    LoginEvent.objects.bulk_create(LoginEvent(kind=LoginEvent.Kind.FAILED, user=user) for _ in range(150))
    client.force_login(user)
    assert "Since your last visit, more than 100 attempts to sign in" in page(client)


def test_others_see_nothing_of_it(client: Client, user: User) -> None:
    sign_in(Client())
    sign_in(Client(), WRONG)
    client.force_login(User.objects.create_user("grace@example.com"))
    assert "This is your first sign-in." in page(client)
    assert "203.0.113.7" not in page(client)
    assert "failed" not in page(client)


def test_a_hostile_user_agent_is_text(client: Client, user: User) -> None:
    sign_in(client, agent="<script>alert(1)</script>")
    assert "<script>" not in page(client)


def test_a_session_from_before_this_app_sees_it_too(client: Client, user: User) -> None:
    client.force_login(user)
    LoginEvent.objects.all().delete()
    assert "You have signed in 0 times." in page(client)
