"""Sign-ins in the admin: to read, to search, to unblock."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from auth_tracking import admin, lockout
from auth_tracking.models import LoginEvent
from auth_tracking.names import name_key
from proofs.auth_tracking import fail

pytestmark = pytest.mark.django_db

URL = "admin:auth_tracking_loginevent_"


def listed(client: Client, **query: str) -> list[LoginEvent]:
    response = client.get(reverse(f"{URL}changelist"), query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


class TestReading:
    def test_the_newest_come_first(self, admin_client: Client, user: User) -> None:
        fail(name=user.email)
        fail(name="nobody@example.com")
        _unknown, failed, signed_in = listed(admin_client)
        assert (failed.user, failed.kind) == (user, "failed")
        assert signed_in.kind == "signed_in"
        text = admin_client.get(reverse(f"{URL}changelist")).text
        assert "ada@example.com" in text
        assert f"unknown ({name_key('nobody@example.com')[:8]})" in text
        assert "nobody@example.com" not in text

    def test_nothing_is_added_changed_or_deleted(self, admin_client: Client, user: User) -> None:
        fail(name=user.email)
        event = LoginEvent.objects.latest("pk")
        assert admin_client.get(reverse(f"{URL}add")).status_code == 403
        assert admin_client.get(reverse(f"{URL}change", args=[event.pk])).status_code == 200
        assert admin_client.post(reverse(f"{URL}change", args=[event.pk]), {"name": "x"}).status_code == 403
        assert admin_client.post(reverse(f"{URL}delete", args=[event.pk]), {"post": "yes"}).status_code == 403
        assert LoginEvent.objects.latest("pk").name == user.email

    def test_a_search_takes_an_exact_name_known_or_not_or_an_address(self, admin_client: Client, user: User) -> None:
        fail(name=user.email, ip="203.0.113.7")
        fail(name="nobody@example.com", ip="2001:db8::1")
        assert [event.user for event in listed(admin_client, q="ADA@example.com")] == [user]
        assert [event.user for event in listed(admin_client, q="nobody@example.com")] == [None]
        assert [event.user for event in listed(admin_client, q="203.0.113.7")] == [user]
        assert [event.user for event in listed(admin_client, q="2001:DB8::1")] == [None]
        assert listed(admin_client, q="ada") == []

    def test_it_can_be_filtered(self, admin_client: Client, user: User) -> None:
        fail(name=user.email)
        assert [event.kind for event in listed(admin_client, kind__exact="failed")] == ["failed"]
        assert [event.kind for event in listed(admin_client, new_device__exact="1")] == ["signed_in"]

    @pytest.mark.parametrize("query", ["ip=garbage", "user__email__icontains=a", "name=x"])
    def test_by_nothing_else(self, admin_client: Client, query: str) -> None:
        assert admin_client.get(f"{reverse(f'{URL}changelist')}?{query}").status_code == 400

    def test_the_list_ends_where_counting_it_would_be_slow(
        self, admin_client: Client, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("core.admin.LONGEST_LIST", 150)
        LoginEvent.objects.bulk_create(LoginEvent(kind="failed", user=user) for _ in range(200))
        assert len(listed(admin_client, p="2")) == 50

    @pytest.mark.parametrize("query", ["kind__exact=%00", "ip__exact=x", "time__gte=x", "q=%00", "p=x"])
    def test_absurd_parameters_are_no_error(self, admin_client: Client, query: str) -> None:
        assert admin_client.get(f"{reverse(f'{URL}changelist')}?{query}").status_code in {200, 302, 400}

    def test_its_cost_does_not_grow_with_its_rows(
        self, admin_client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        LoginEvent.objects.bulk_create(LoginEvent(kind="failed", user=user) for _ in range(50))
        # Session, user; count, page.
        with django_assert_num_queries(4):
            listed(admin_client)


class TestUnblocking:
    def unblock(self, client: Client, *events: LoginEvent) -> str:
        answers = {"action": "unblock", "_selected_action": [event.pk for event in events]}
        return client.post(reverse(f"{URL}changelist"), answers, follow=True).text

    def test_lets_the_name_and_the_address_try_again(self, staff: Callable[..., Client], user: User) -> None:
        assert fail(name=user.email, times=6).status_code == 429
        client = staff("view_loginevent", "unblock")
        text = self.unblock(client, LoginEvent.objects.get(kind="blocked"))
        assert "Attempts forgotten: 5. They may try again." in text
        assert fail(name=user.email).status_code == 200

    def test_works_for_names_that_no_account_has(self, staff: Callable[..., Client]) -> None:
        assert fail(name="nobody@example.com", times=6).status_code == 429
        self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="blocked"))
        assert fail(name="nobody@example.com").status_code == 200

    def test_leaves_others_blocked(self, staff: Callable[..., Client], user: User) -> None:
        fail(name=user.email, times=6)
        fail(name="nobody@example.com", ip="198.51.100.1", times=6)
        self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="blocked", user=user))
        assert fail(name="nobody@example.com", ip="198.51.100.1").status_code == 429

    def test_takes_a_permission_of_its_own(self, staff: Callable[..., Client], user: User) -> None:
        fail(name=user.email, times=6)
        client = staff("view_loginevent")
        assert "try again" not in client.get(reverse(f"{URL}changelist")).text
        self.unblock(client, LoginEvent.objects.get(kind="blocked"))
        assert fail(name=user.email).status_code == 429

    def test_of_too_many_at_once_is_refused(
        self, staff: Callable[..., Client], user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admin, "MOST_UNBLOCKED", 1)
        fail(name=user.email)
        fail(name="nobody@example.com")
        text = self.unblock(staff("view_loginevent", "unblock"), *LoginEvent.objects.filter(kind="failed"))
        assert "Select at most 1 events." in text
        assert lockout.lift() == 2

    def test_of_an_address_counts_its_whole_network(self, staff: Callable[..., Client]) -> None:
        for number in range(101):
            answer = fail(name=f"name-{number}@example.com", ip=f"2001:db8::{number:x}")
        assert answer.status_code == 429
        text = self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="blocked"))
        assert "Attempts forgotten: 100." in text
        assert fail(ip="2001:db8::1").status_code == 200

    def test_of_what_is_not_blocked_says_so_and_leaves_a_trace(self, staff: Callable[..., Client], user: User) -> None:
        fail()
        lockout.lift()
        event = LoginEvent.objects.get(kind="failed")
        assert "None of these was kept out." in self.unblock(staff("view_loginevent", "unblock"), event)
        assert LogEntry.objects.get().get_change_message() == "Unblocked."

    def test_with_the_store_down_says_so(
        self, staff: Callable[..., Client], user: User, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        fail()
        settings.LOCKOUT_STORE = "auth_tracking.stores.NoSuchStore"
        text = self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="failed"))
        assert "store is down: nobody was unblocked." in text
        assert "NoSuchStore" in caplog.text
