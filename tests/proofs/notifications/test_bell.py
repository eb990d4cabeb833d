"""The bell costs one query, nothing for strangers, and never breaks a page."""

import re
from collections.abc import Callable

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.models import Notification
from proofs.databases import table_missing
from proofs.notifications import make_user

pytestmark = pytest.mark.django_db

UNREAD = "/notifications/unread/"


def add(user: User, count: int) -> None:
    """So many that are not read."""
    Notification.objects.bulk_create(Notification(user=user, kind="x", text="x", key=str(n)) for n in range(count))


class TestBell:
    def test_counts_as_far_as_it_shows(self, signed_in: Client, user: User) -> None:
        add(user, 250)
        with CaptureQueriesContext(connection) as queries:
            assert ">99+<" in signed_in.get("/").text
        (query,) = (query["sql"] for query in queries if "notifications_notification" in query["sql"])
        assert "LIMIT 100" in query

    def test_costs_one_query(
        self, signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        add(user, 3)
        with CaptureQueriesContext(connection) as queries:
            signed_in.get(reverse("password_change"))
        assert len([query for query in queries if "notifications_" in query["sql"]]) == 1

    @pytest.mark.parametrize("url", ["/accounts/sign-in/", "/nowhere/"])
    def test_strangers_have_none_and_pay_nothing(
        self, client: Client, url: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            text = client.get(url).text
        assert "bell" not in text
        assert "notification" not in text.lower()

    def test_needs_no_code_in_the_page(self, signed_in: Client) -> None:
        scripts = re.findall(r"<script[^>]*>", signed_in.get("/").text)
        assert scripts == ['<script defer src="/static/notifications/bell.js">']
        assert finders.find("notifications/bell.js")
        assert finders.find("notifications/notifications.css")

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("atomic", [False, True])
    def test_without_its_table_pages_are_still_there(
        self, signed_in: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, atomic: bool
    ) -> None:
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
        with table_missing(Notification):
            response = signed_in.get("/")
        assert response.status_code == 200
        assert "bell" not in response.text
        assert "The bell cannot be shown." in caplog.text

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    @pytest.mark.parametrize("url", ["/", UNREAD])
    def test_an_index_finds_them(self, signed_in: Client, url: str, plans: Callable[..., list[str]]) -> None:
        (plan,) = plans(signed_in, url, "notifications_notification")
        assert "notification_unread" in plan
        assert "Seq Scan" not in plan

    def test_shows_how_many_are_unread(self, signed_in: Client, user: User) -> None:
        add(user, 3)
        add(make_user("Grace"), 5)
        text = signed_in.get("/").text
        assert 'aria-label="Notifications, 3 unread"' in text
        assert '<span class="bell-count">3</span>' in text


class TestUnread:
    def test_costs_one_query(self, signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(3):  # session, user; the count
            signed_in.get(UNREAD)

    def test_is_not_for_strangers(self, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert client.get(UNREAD).status_code == 403

    def test_is_what_the_bell_shows(self, signed_in: Client, user: User) -> None:
        add(user, 2)
        response = signed_in.get(UNREAD)
        assert response.json() == {"count": 2, "text": "2", "label": "Notifications, 2 unread"}
        assert "no-store" in response.headers["Cache-Control"]

    def test_is_only_read(self, signed_in: Client) -> None:
        assert signed_in.post(UNREAD).status_code == 405
