"""Users who join or are deleted are announced once, and everybody hears of it once, whatever happens."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.message import EmailMessage
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.dispatch import Signal
from django.test import Client
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from core.actors import acting_as
from core.dispatch import connected
from notifications import signals
from notifications.models import Notification
from notifications.signals import admin_found, user_joined, users_deleted
from pages.models import Page
from proofs.notifications import HOSTILE, make_admin, make_user, told
from proofs.smtp import MailServer
from proofs.threads import run_at_once
from testing.signals import Send

pytestmark = pytest.mark.django_db

Delivered = Callable[[], AbstractContextManager[None]]
Captured = Callable[[Signal], list[Send]]

BOB: signals.DeletedUser = {"pk": 12, "name": "Bob"}


def names(send: Send) -> list[str]:
    """Whose deletion was announced."""
    return sorted(user["name"] for user in send.kwargs["users"])


def body(message: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail that came in, or its HTML."""
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


class TestWhoJoins:
    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database_is_found_there(self, other_database: str, mailoutbox: list[Any]) -> None:
        there = User.objects.db_manager(other_database).create_user("ada@example.com", name="There")
        make_user("Here", pk=there.pk + 1)
        signals.welcome(there, using=other_database)
        assert [message.to for message in mailoutbox] == [["ada@example.com"]]

    def test_is_welcomed_by_the_same_message_however_often_it_is_sent(self, user: User, mailoutbox: list[Any]) -> None:
        signals.welcome(user, using="default")
        signals.welcome(user, using="default")
        signals.welcome(make_user("Grace"), using="default")
        one, again, other = (message.extra_headers["Message-ID"] for message in mailoutbox)
        assert one == again != other

    def test_a_mail_server_that_is_down_is_not_kept_quiet(self, user: User, smtp: MailServer) -> None:
        smtp.stop()
        with pytest.raises(OSError, match="refused"):
            signals.welcome(user, using="default")
        smtp.start()
        signals.welcome(user, using="default")
        assert smtp.recipients == ["ada@example.com"]

    @pytest.mark.parametrize("name", [HOSTILE, "Ada\r\nBcc: eve@example.com", "é" * 100, "=?utf-8?q?x?="])
    def test_a_hostile_name_is_text(self, smtp: MailServer, settings: Settings, name: str) -> None:
        signals.welcome(User.objects.create_user("eve@example.com", name=name), using="default")
        (message,) = smtp.messages
        assert (message["To"], message["Bcc"]) == ("eve@example.com", None)
        assert message["Subject"].strip() == f"Welcome to {settings.SITE_NAME}"
        assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
        assert body(message).startswith("Hello")
        assert "<b>" not in body(message, "html")

    def test_the_cost_of_an_announcement_is_no_query_in_process(self, settings: Settings) -> None:
        settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"
        user = make_user("Bob")
        with CaptureQueriesContext(connection) as queries:
            signals.announce_user(user, created=True, raw=False, using="default")
            signals.announce_user(user, created=False, raw=False, using="default")
            signals.announce_user(user, created=True, raw=True, using="default")
        assert not queries.captured_queries

    def test_from_a_fixture_or_in_bulk_is_not_welcomed(
        self, tmp_path: Any, user: User, delivered: Delivered, mailoutbox: list[Any]
    ) -> None:
        file = tmp_path / "users.json"
        call_command("dumpdata", "accounts", output=str(file), verbosity=0)
        User.objects.all().delete()
        with delivered():
            call_command("loaddata", str(file), verbosity=0)
            User.objects.bulk_create([User(email="grace@example.com")])
        assert mailoutbox == []

    @pytest.mark.parametrize("change", [{"is_active": False}, None])
    def test_who_may_not_sign_in_or_is_gone_is_not_welcomed(
        self, user: User, change: dict[str, Any] | None, mailoutbox: list[Any]
    ) -> None:
        users = User.objects.filter(pk=user.pk)
        users.update(**change) if change else users.delete()
        signals.welcome(user, using="default")
        assert mailoutbox == []


class TestWhoIsDeleted:
    @pytest.fixture
    def people(self) -> list[User]:
        return [make_user(name) for name in ("Bob", "Eve", "Joe")]

    DELETIONS: dict[str, tuple[Callable[[list[User]], Any], list[str]]] = {
        "a queryset with one": (lambda people: User.objects.filter(name="Eve").delete(), ["Eve"]),
        "deferred": (lambda people: User.objects.filter(is_superuser=False).only("pk").delete(), ["Bob", "Eve", "Joe"]),
        "in memory": (lambda people: User(pk=people[0].pk, name="Bob").delete(), ["Bob"]),
    }

    @pytest.mark.parametrize(("delete", "expected"), DELETIONS.values(), ids=DELETIONS)
    def test_is_announced_once_and_told_to_the_admins(
        self,
        people: list[User],
        admin: User,
        delete: Callable[[list[User]], Any],
        expected: list[str],
        captured: Captured,
        delivered: Delivered,
        mailoutbox: list[Any],
    ) -> None:
        sent = captured(users_deleted)
        with delivered():
            delete(people)
        assert [names(send) for send in sent] == [expected]
        assert sent[0].kwargs["count"] == len(expected)
        assert len(told(admin)) == 1
        (message,) = mailoutbox
        assert message.to == [admin.email]
        assert all(name in message.body and name in message.alternatives[0][0] for name in expected)

    def test_without_an_origin_too(self, people: list[User], captured: Captured, delivered: Delivered) -> None:
        sent = captured(users_deleted)
        with delivered():
            for person in people:
                signals.keep_deleted_user(person)
            for person in people:
                signals.announce_deleted_users(person, using="default")
        assert [names(send) for send in sent] == [["Bob"], ["Eve"], ["Joe"]]

    def test_along_with_something_else(self, people: list[User], captured: Captured, delivered: Delivered) -> None:
        # As where a company is deleted with its users: what the deletion began with is no user.
        page = Page.objects.create(title="x", slug="x")
        sent = captured(users_deleted)
        with delivered(), transaction.atomic():
            for signal in (pre_delete, post_delete):
                for person in people:
                    signal.send(User, instance=person, using="default", origin=page)
        assert [names(send) for send in sent] == [["Bob", "Eve", "Joe"]]
        assert signals.DELETED not in vars(page)

    def test_within_another_deletion_is_announced_on_its_own(
        self, people: list[User], captured: Captured, delivered: Delivered
    ) -> None:
        def delete_eve(instance: User, **kwargs: Any) -> None:
            if instance.name == "Bob":
                User.objects.filter(name="Eve").delete()

        sent = captured(users_deleted)
        pre_delete.connect(delete_eve, sender=User)
        try:
            with delivered():
                User.objects.filter(name__in=["Bob", "Joe"]).delete()
        finally:
            pre_delete.disconnect(delete_eve, sender=User)
        assert [names(send) for send in sent] == [["Eve"], ["Bob", "Joe"]]

    def test_nor_where_it_fails_and_a_second_try_is_announced_once(
        self, people: list[User], captured: Captured, delivered: Delivered
    ) -> None:
        def fail(**kwargs: Any) -> None:
            raise RuntimeError

        sent = captured(users_deleted)
        post_delete.connect(fail, sender=User)
        with delivered():
            try:
                with pytest.raises(RuntimeError), transaction.atomic():
                    people[0].delete()
            finally:
                post_delete.disconnect(fail, sender=User)
            people[0].delete()
        assert [names(send) for send in sent] == [["Bob"]]

    def test_nobody_is_left_in_memory_afterwards(self, people: list[User]) -> None:
        everybody = User.objects.all()
        everybody.delete()
        assert signals.DELETED not in vars(everybody)

    @isolate_apps("accounts")
    def test_of_a_proxy_too(
        self, people: list[User], captured: Captured, delivered: Delivered, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Member(User):
            class Meta:
                proxy = True
                app_label = "accounts"

        monkeypatch.setattr("core.wiring.apps.get_models", lambda: [User, Member])
        apps.get_app_config("notifications").ready()
        joined, deleted = captured(user_joined), captured(users_deleted)
        try:
            with delivered():
                Member(email="new@example.com", name="New").save()
                Member(pk=people[0].pk, name="Bob").delete()
        finally:
            for signal in (post_save, pre_delete, post_delete):
                for uid, _ in list(connected(signal, Member)):
                    signal.disconnect(sender=Member, dispatch_uid=uid)
        assert [send.kwargs["instance"].name for send in joined] == ["New"]
        assert [names(send) for send in deleted] == [["Bob"]]

    def test_hostile_names_do_no_harm(self, admin: User, delivered: Delivered, mailoutbox: list[Any]) -> None:
        eve = make_user("Eve")
        eve.name, eve.email = f"{HOSTILE}\0\ud800", "x\0" * 300
        with delivered(), acting_as("Mal\0\nlory<i>"):
            eve.delete()
        assert len(told(admin)) == 1
        (message,) = mailoutbox
        assert message.message().as_bytes()
        assert "\nMal lory<i> has deleted this user:\n" in message.body
        assert "<b>" not in message.alternatives[0][0]
        assert "<i>" not in message.alternatives[0][0]

    def test_by_an_action_in_the_admin(
        self, people: list[User], admin: User, client: Client, captured: Captured, delivered: Delivered
    ) -> None:
        client.force_login(admin)
        sent = captured(users_deleted)
        chosen = {"action": "delete_selected", "_selected_action": [people[0].pk, people[2].pk], "post": "yes"}
        with delivered():
            client.post(reverse("admin:accounts_user_changelist"), chosen)
        assert [(names(send), send.kwargs["by"]) for send in sent] == [(["Bob", "Joe"], "Root")]
        assert told(admin)[0].endswith("were deleted by Root.")

    def test_on_a_page_of_the_admin(
        self, people: list[User], admin: User, client: Client, captured: Captured, delivered: Delivered
    ) -> None:
        client.force_login(admin)
        sent = captured(users_deleted)
        with delivered():
            client.post(reverse("admin:accounts_user_delete", args=[people[0].pk]), {"post": "yes"})
        assert [(names(send), send.kwargs["by"]) for send in sent] == [(["Bob"], "Root")]

    def test_by_somebody_a_command_a_task_or_nobody(
        self, people: list[User], admin: User, captured: Captured, delivered: Delivered, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent = captured(users_deleted)
        with delivered():
            people[0].delete()
            with monkeypatch.context() as patch:
                patch.setattr(sys, "argv", ["manage.py", "forget"])
                people[1].delete()
            with acting_as(admin):
                people[2].delete()
        assert [send.kwargs["by"] for send in sent] == ["", "manage.py forget", "Root"]
        assert [text.partition(" ")[2] for text in told(admin)] == [
            "was deleted.",
            "was deleted by manage.py forget.",
            "was deleted by Root.",
        ]


class TestAlerts:
    def test_delivered_again_are_one_notice_and_the_same_message(self, admin: User, mailoutbox: list[Any]) -> None:
        for deletion in ("x", "x", "y"):
            signals.note_deletion([BOB], count=1, by="", deletion=deletion, using="default")
            signals.mail_deletion(admin, users=[BOB], count=1, by="", deletion=deletion, using="default")
        assert len(told(admin)) == 2
        one, again, other = (message.extra_headers["Message-ID"] for message in mailoutbox)
        assert one == again != other

    @pytest.mark.django_db(transaction=True)
    def test_reach_the_others_if_one_is_refused(self, smtp: MailServer, settings: Settings) -> None:
        settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"
        for name in ("Root", "Refused", "Last"):
            make_admin(name)
        smtp.answers["refused@example.com"] = "550 No such user"
        bob = make_user("Bob")
        User.objects.get(pk=bob.pk).delete()
        assert smtp.recipients == ["root@example.com", "last@example.com"]
        assert f"- Bob (user {bob.pk})" in body(smtp.messages[0])

    @pytest.mark.django_db(transaction=True)
    def test_delivered_twice_at_once_are_told_once(self) -> None:
        admins = [make_admin(f"Root{number}") for number in range(20)]
        note = partial(signals.note_deletion, [BOB], count=1, by="", deletion="x", using="default")
        run_at_once(*[note] * 6)
        assert [len(told(admin)) for admin in admins] == [1] * 20

    def test_cost_one_query_to_find_the_admins_and_one_to_tell_them(
        self, admin: User, django_assert_num_queries: Any
    ) -> None:
        make_admin("Second")
        with django_assert_num_queries(2):
            signals.note_deletion([BOB], count=1, by="", deletion="x", using="default")

    def test_are_for_active_superusers(
        self, admin: User, user: User, delivered: Delivered, mailoutbox: list[Any]
    ) -> None:
        make_user("Staff", is_staff=True)
        make_user("Gone", is_superuser=True, is_active=False)
        with delivered():
            for receiver in (signals.note_deletion, signals.find_admins):
                receiver([BOB], count=1, by="", deletion="x", using="default")
        assert list(Notification.objects.values_list("user", flat=True)) == [admin.pk]
        assert [message.to for message in mailoutbox] == [[admin.email]]

    def test_are_not_mailed_to_who_is_no_admin_any_more(self, user: User, mailoutbox: list[Any]) -> None:
        signals.mail_deletion(user, users=[BOB], count=1, by="", deletion="x", using="default")
        assert mailoutbox == []

    def test_a_notice_has_no_address(self, admin: User) -> None:
        signals.note_deletion([BOB], count=1, by="Grace", deletion="x", using="default")
        assert told(admin) == ["Bob was deleted by Grace."]


def test_each_receiver_is_connected_under_its_dotted_path() -> None:
    wired = (post_save, pre_delete, post_delete, user_joined, users_deleted, admin_found)
    found = [each for signal in wired for each in connected(signal, User)]
    ours = [(uid, receiver) for uid, receiver in found if receiver.__module__ == "notifications.signals"]
    assert len(ours) == 7
    assert all(uid == f"notifications.signals.{receiver.__qualname__}" for uid, receiver in ours)
