"""The list costs two queries at any length, takes any input, and loses nothing that comes meanwhile."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.kinds import Kind
from notifications.models import Notification
from notifications.telling import notify
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db

MINE = "/notifications/"


def add(user: User, count: int = 1, **fields: str) -> list[Notification]:
    """So many notifications, none of them read."""
    first = Notification.objects.count()
    return [
        Notification.objects.create(**{"user": user, "kind": "x", "text": f"News {n}", "key": f"{n}"} | fields)
        for n in range(first, first + count)
    ]


class TestList:
    @pytest.mark.parametrize("before", ["", "0", "-1", "x", "٣", "1e9", "9" * 18, "9" * 30, "%00"])
    def test_takes_whatever_is_asked_for(self, signed_in: Client, user: User, before: str) -> None:
        add(user)
        assert signed_in.get(f"{MINE}?before={before}").status_code == 200

    def test_costs_two_queries_with_the_bell(
        self, signed_in: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        add(user, 30)
        # Session, user; the part, the count; the bell's savepoint, as the test is in a transaction.
        with django_assert_num_queries(2 + 2 + 2):
            signed_in.get(MINE)

    def test_hostile_texts_are_text(self, signed_in: Client, user: User) -> None:
        add(user, text="<script>alert(1)</script>", url="/")
        assert "<script>alert" not in signed_in.get(MINE).text

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    @pytest.mark.parametrize("query", ["", "?before=50"])
    def test_an_index_finds_it(
        self, signed_in: Client, user: User, query: str, plans: Callable[..., list[str]]
    ) -> None:
        found = plans(signed_in, MINE + query, "notifications_notification")
        assert len(found) == 2
        for plan in found:
            assert "Seq Scan" not in plan, plan
            assert "Sort" not in plan, plan

    def test_asks_strangers_to_sign_in(self, client: Client) -> None:
        assert client.get(MINE).headers["Location"] == f"{reverse('login')}?next={MINE}"


class TestOpening:
    @pytest.mark.parametrize(
        "url", ["", "//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil", "x/"]
    )
    def test_leads_nowhere_else(self, signed_in: Client, user: User, url: str) -> None:
        (one,) = add(user, url=url)
        response = signed_in.post(reverse("notifications:open", args=[one.pk]))
        assert response.headers["Location"] == MINE

    @pytest.mark.parametrize("pk", [0, 2**63, 10**30])
    def test_of_none_is_not_found(self, signed_in: Client, pk: int) -> None:
        assert signed_in.post(f"/notifications/{pk}/open/").status_code == 404

    def test_is_for_those_who_are_signed_in(self, client: Client, user: User) -> None:
        (one,) = add(user, url="/accounts/")
        assert client.post(reverse("notifications:open", args=[one.pk])).headers["Location"] == MINE
        assert Notification.objects.get().read_at is None

    def test_takes_a_button_not_a_link(self, signed_in: Client, user: User) -> None:
        (one,) = add(user, url="/")
        assert signed_in.get(reverse("notifications:open", args=[one.pk])).status_code == 405

    def test_again_leaves_when_it_was_read(self, signed_in: Client, user: User) -> None:
        (one,) = add(user, url="/")
        long_ago = timezone.now() - timedelta(days=9)
        Notification.objects.update(read_at=long_ago)
        signed_in.post(reverse("notifications:open", args=[one.pk]))
        assert Notification.objects.get().read_at == long_ago


class TestMarkingAllAsRead:
    URL = "/notifications/read/"

    @pytest.mark.parametrize("newest", ["", "x", "-1", "9" * 30, "\0"])
    def test_takes_whatever_it_gets(self, signed_in: Client, user: User, newest: str) -> None:
        add(user)
        assert signed_in.post(self.URL, {"newest": newest}).headers["Location"] == MINE
        assert Notification.objects.get().read_at is None

    def test_is_for_those_who_are_signed_in(self, client: Client, user: User) -> None:
        add(user)
        assert client.post(self.URL, {"newest": "99"}).headers["Location"] == MINE
        assert Notification.objects.get().read_at is None
        assert client.get(self.URL).status_code == 405

    @pytest.mark.django_db(transaction=True)
    def test_while_new_ones_come_takes_none_of_these(self, user: User) -> None:
        *_, newest = add(user, 50)
        client = Client()
        client.force_login(user)
        users = User.objects.filter(pk=user.pk)

        def come() -> None:
            for number in range(20):
                notify(users, Kind("x", "x"), key=f"new {number}", text="New")

        run_at_once(come, partial(client.post, self.URL, {"newest": newest.pk}))
        assert Notification.objects.filter(read_at=None, text="New").count() == 20
        assert Notification.objects.filter(read_at=None).count() == 20

    def test_is_offered_where_something_is_unread(self, signed_in: Client, user: User) -> None:
        add(user, 25)
        newest = re.search(r'name="newest" value="(\d+)"', signed_in.get(MINE).text)
        assert newest
        signed_in.post(self.URL, {"newest": newest[1]})
        assert not Notification.objects.filter(read_at=None).exists()
        assert "Mark all" not in signed_in.get(MINE).text
