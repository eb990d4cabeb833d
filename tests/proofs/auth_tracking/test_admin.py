"""Events in the admin cost the same at any number, and no parameter is an error."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from auth_tracking import admin, lockout
from auth_tracking.models import LoginEvent
from proofs.auth_tracking import fail

pytestmark = pytest.mark.django_db

URL = "admin:auth_tracking_loginevent_"


def listed(client: Client, **query: str) -> list[LoginEvent]:
    response = client.get(reverse(f"{URL}changelist"), query)
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


class TestReading:
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

    def test_nothing_is_added_changed_or_deleted(self, admin_client: Client, user: User) -> None:
        fail(name=user.email)
        event = LoginEvent.objects.latest("pk")
        assert admin_client.get(reverse(f"{URL}add")).status_code == 403
        assert admin_client.get(reverse(f"{URL}change", args=[event.pk])).status_code == 200
        assert admin_client.post(reverse(f"{URL}change", args=[event.pk]), {"name": "x"}).status_code == 403
        assert admin_client.post(reverse(f"{URL}delete", args=[event.pk]), {"post": "yes"}).status_code == 403
        assert LoginEvent.objects.latest("pk").name == user.email


class TestUnblocking:
    def unblock(self, client: Client, *events: LoginEvent) -> str:
        answers = {"action": "unblock", "_selected_action": [event.pk for event in events]}
        return client.post(reverse(f"{URL}changelist"), answers, follow=True).text

    def test_of_too_many_at_once_is_refused(
        self, staff: Callable[..., Client], user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(admin, "MOST_UNBLOCKED", 1)
        fail(name=user.email)
        fail(name="nobody@example.com")
        text = self.unblock(staff("view_loginevent", "unblock"), *LoginEvent.objects.filter(kind="failed"))
        assert "Select at most 1 events." in text
        assert lockout.lift() == 2

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

    def test_works_for_names_that_no_account_has(self, staff: Callable[..., Client]) -> None:
        assert fail(name="nobody@example.com", times=6).status_code == 429
        self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="blocked"))
        assert fail(name="nobody@example.com").status_code == 200

    def test_leaves_others_blocked(self, staff: Callable[..., Client], user: User) -> None:
        fail(name=user.email, times=6)
        fail(name="nobody@example.com", ip="198.51.100.1", times=6)
        self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="blocked", user=user))
        assert fail(name="nobody@example.com", ip="198.51.100.1").status_code == 429

    def test_of_an_address_counts_its_whole_network(self, staff: Callable[..., Client]) -> None:
        for number in range(101):
            answer = fail(name=f"name-{number}@example.com", ip=f"2001:db8::{number:x}")
        assert answer.status_code == 429
        text = self.unblock(staff("view_loginevent", "unblock"), LoginEvent.objects.get(kind="blocked"))
        assert "Attempts forgotten: 100." in text
        assert fail(ip="2001:db8::1").status_code == 200
