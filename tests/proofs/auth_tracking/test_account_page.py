"""The account page shows every warning that matters, whatever the history, and survives anything."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from auth_tracking.models import LoginEvent
from proofs.auth_tracking import fail, sign_in
from proofs.databases import table_missing

pytestmark = pytest.mark.django_db


def page(client: Client) -> str:
    return re.sub(r"\s+", " ", client.get(reverse("account")).text)


def test_ten_are_shown_and_all_are_counted(client: Client, user: User) -> None:
    for _ in range(12):
        client.force_login(user)
        client.logout()
    client.force_login(user)
    assert page(client).count('<li class="entry">') == 10
    assert "The last 10." in page(client)
    assert "You have signed in 13 times." in page(client)


def test_many_failures_are_not_all_counted(client: Client, user: User) -> None:
    LoginEvent.objects.bulk_create(LoginEvent(kind=LoginEvent.Kind.FAILED, user=user) for _ in range(150))
    client.force_login(user)
    assert "Since your last visit, at least 100 attempts to sign in" in page(client)


@pytest.mark.parametrize("places", [["198.51.100.1"], ["198.51.100.1"] * 3, [f"198.51.{n}.1" for n in range(12)]])
def test_what_failed_before_somebody_else_got_in_is_told(client: Client, user: User, places: list[str]) -> None:
    sign_in()
    fail(times=3, ip="198.51.100.1")
    for ip in places:
        sign_in(ip=ip, agent="curl/8.1")  # has guessed it
    sign_in(client)
    assert "3 attempts to sign in to your account failed" in page(client)


@pytest.mark.parametrize("later", [0, 1, 9, 10, 11, 12, 25])
def test_a_session_is_told_of_the_same_however_many_came_later(client: Client, user: User, later: int) -> None:
    fail(times=2)
    sign_in()
    fail(times=3)
    sign_in(client)
    for _ in range(later):
        sign_in()
    assert "3 attempts to" in page(client)


@pytest.mark.django_db(transaction=True)
def test_without_its_table_the_page_is_still_there(
    client: Client, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    sign_in(client)
    with table_missing(LoginEvent):
        assert "They cannot be shown right now." in page(client)
    assert "The sign-ins cannot be shown." in caplog.text


def test_a_hostile_user_agent_is_text(client: Client, user: User) -> None:
    sign_in(client, agent="<script>alert(1)</script>")
    assert "<script>" not in page(client)


def test_a_session_from_before_this_app_sees_it_too(client: Client, user: User) -> None:
    client.force_login(user)
    LoginEvent.objects.all().delete()
    assert "You have signed in 0 times." in page(client)


def test_this_session_is_marked_even_after_its_key_has_changed(client: Client, user: User) -> None:
    sign_in(client)
    sign_in(agent="curl/8.1")
    client.post(reverse("sign_out_elsewhere"))
    shown = re.findall(r'<li class="entry">(.*?)</li>', page(client))
    assert ["this session" in entry for entry in shown] == [False, True]


def test_what_failed_since_the_last_visit_is_told(client: Client, user: User) -> None:
    fail()
    sign_in(client)
    assert "1 attempt to sign in to your account failed, the last one on" in page(client)
    client.post(reverse("logout"))
    for _ in range(7):  # two of them are not even let through, and recorded once
        fail(ip="198.51.100.1")
    sign_in(client)
    assert "Since your last visit, at least 6 attempts to sign in to your account failed" in page(client)
    assert "from 198.51.100.1." in page(client)
    client.post(reverse("logout"))
    sign_in(client)
    assert "failed" not in page(client)
