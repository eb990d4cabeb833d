"""The record stays complete and anonymous, and nothing hostile or broken keeps anybody from signing in."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.auth import aauthenticate, alogin, authenticate, logout
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import CheckConstraint, Q
from django.db.models.signals import pre_delete
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import isolate_apps, override_settings
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from auth_tracking import lockout, signals
from auth_tracking.models import LoginEvent
from auth_tracking.names import name_key
from auth_tracking.signals import new_device_login
from core.dispatch import connected
from proofs.auth_tracking import FIREFOX, PASSWORD, WRONG, fail, sign_in
from proofs.databases import table_missing
from proofs.threads import run_at_once
from testing.signals import captured

pytestmark = pytest.mark.django_db

Kind = LoginEvent.Kind


CURL = "curl/8.1"


class TestRecordLogin:
    def test_works_with_a_request_that_has_next_to_nothing(self, user: User) -> None:
        signals.record_login(request=HttpRequest(), user=user)
        assert LoginEvent.objects.get().ip is None

    def test_the_session_is_told_but_not_its_key(self, client: Client, user: User) -> None:
        sign_in(client)
        first_key = client.session.session_key
        client.post(reverse("logout"))
        signed_in, signed_out = LoginEvent.objects.order_by("pk")
        assert signed_in.session == signed_out.session
        assert len(signed_in.session) == 32
        assert signed_in.session != first_key

    @pytest.mark.django_db(transaction=True)
    def test_what_is_no_conflict_is_not_tried_again_and_again(
        self,
        user: User,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        never = CheckConstraint(condition=Q(kind="never"), name="never")
        with monkeypatch.context() as patch, connection.schema_editor() as editor:
            patch.setattr(LoginEvent._meta, "constraints", [*LoginEvent._meta.constraints, never])  # SQLite looks here
            editor.add_constraint(LoginEvent, never)
        try:
            with django_assert_num_queries(2):  # the INSERT, and whether somebody was faster
                signals.record_login(request=None, user=user)
        finally:
            with connection.schema_editor() as editor:
                editor.remove_constraint(LoginEvent, never)
        assert "IntegrityError" in caplog.text

    def test_a_proxy_of_the_user_signs_in_too(self, rf: RequestFactory, user: User) -> None:
        with isolate_apps("accounts"):

            class Member(User):
                class Meta:
                    proxy = True
                    app_label = "accounts"

            user_logged_in.send(Member, request=rf.get("/"), user=user)
        assert LoginEvent.objects.get().user == user

    @pytest.mark.parametrize("length", [401, 64 * 1024])
    def test_a_long_user_agent_is_cut(self, client: Client, user: User, length: int) -> None:
        sign_in(client, agent="\x1bx\0" * length)
        assert LoginEvent.objects.get().user_agent == "x" * 400

    def test_works_with_no_request_at_all(self, user: User) -> None:
        signals.record_login(request=None, user=user)
        event = LoginEvent.objects.get()
        assert (event.user, event.ip, event.user_agent) == (user, None, "")

    def test_counts_the_sign_ins_of_each_user(self, client: Client, user: User) -> None:
        other = User.objects.create_user("grace@example.com", PASSWORD)
        for signed_in in (user, other, user, user):
            client.force_login(signed_in)
        assert list(LoginEvent.objects.filter(user=user).values_list("number", flat=True)) == [1, 2, 3]
        assert list(LoginEvent.objects.filter(user=other).values_list("number", flat=True)) == [1]


class TestWelcome:
    def test_leads_on_to_what_a_user_may_see(self, client: Client, user: User, settings: Settings) -> None:
        sign_in(client)
        text = client.get(reverse("account")).text.partition("<strong>Welcome to ")[2].partition("</p>")[0]
        assert f'<a href="{reverse("account")}">Account</a>' in text
        assert "Admin" not in text
        assert settings.SITE_DESCRIPTION.split("&")[0].split("'")[0].split("<")[0] in text


class TestRemoteUser:
    @pytest.mark.parametrize(
        ("before", "welcomed"), [("django.contrib.messages.middleware.MessageMiddleware", False), (None, True)]
    )
    def test_signs_in_once_whatever_the_case_of_the_name(
        self, client: Client, settings: Settings, caplog: pytest.LogCaptureFixture, before: str | None, welcomed: bool
    ) -> None:
        settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "accounts.backends.RemoteUserBackend"]
        middleware = list(settings.MIDDLEWARE)
        place = middleware.index(before) if before else len(middleware)
        middleware.insert(place, "django.contrib.auth.middleware.RemoteUserMiddleware")
        settings.MIDDLEWARE = middleware
        pages = [client.get(reverse("account"), REMOTE_USER="Eve@Example.com") for _ in range(5)]
        assert [page.status_code for page in pages] == [200] * 5
        assert ("<strong>Welcome to " in pages[0].text) is welcomed
        assert list(LoginEvent.objects.values_list("kind", "name")) == [(Kind.SIGNED_IN, "eve@example.com")]
        assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


class TestNewDevice:
    @pytest.mark.django_db(transaction=True)
    def test_is_not_told_if_the_sign_in_is_rolled_back(self, rf: RequestFactory, user: User) -> None:
        with captured(new_device_login) as sent, pytest.raises(RuntimeError, match="back"), transaction.atomic():
            signals.record_login(request=rf.get("/"), user=user)
            raise RuntimeError("back")
        assert sent == []
        assert not LoginEvent.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_is_told_once_for_each_device_and_network(self, user: User) -> None:
        places = [
            (FIREFOX, "203.0.113.7", True),
            (FIREFOX, "203.0.113.8", False),
            (CURL, "203.0.113.7", True),
            (FIREFOX, "198.51.100.1", True),
            (CURL, "203.0.113.9", False),
            (FIREFOX, "198.51.100.1", False),
        ]
        for agent, ip, new in places:
            with captured(new_device_login) as sent:
                sign_in(agent=agent, ip=ip)
            assert len(sent) == new
            assert LoginEvent.objects.latest("pk").new_device is new

    def test_is_new_to_each_user(self, user: User) -> None:
        other = User.objects.create_user("grace@example.com", PASSWORD)
        sign_in()
        sign_in(name=other.email)
        assert list(LoginEvent.objects.values_list("new_device", flat=True)) == [True, True]

    @pytest.mark.django_db(transaction=True)
    def test_a_receiver_that_fails_harms_nobody(
        self, client: Client, user: User, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(**kwargs: object) -> None:
            raise RuntimeError("out of order")

        new_device_login.connect(fail)
        try:
            sign_in(client)
        finally:
            new_device_login.disconnect(fail)
        assert client.get(reverse("account")).status_code == 200
        assert "out of order" in caplog.text


class TestRecordLogout:
    @pytest.mark.parametrize("delete", [User.delete, lambda user: User.objects.filter(pk=user.pk).delete()])
    def test_is_not_in_the_way_of_a_user_who_deletes_themselves(
        self, client: Client, user: User, delete: Callable[[User], object]
    ) -> None:
        request = RequestFactory().get("/")
        request.session, request.user = SessionStore(), user
        with transaction.atomic():
            delete(user)
            logout(request)
        connection.check_constraints()
        assert not User.objects.exists()
        assert "ada@example.com" not in str(LoginEvent.objects.values())

    def test_records_nothing_if_nobody_was_signed_in(self, client: Client) -> None:
        client.post(reverse("logout"))
        signals.record_logout(request=None, user=None)
        assert not LoginEvent.objects.exists()

    def test_works_with_no_request_at_all(self, user: User) -> None:
        signals.record_logout(request=None, user=user)
        assert LoginEvent.objects.get().kind == Kind.SIGNED_OUT


class TestRecordFailure:
    def test_any_other_is_kept_as_a_keyed_hash_alone(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        sign_in(client, name="my secret passphrase")
        event = LoginEvent.objects.get()
        assert (event.user, event.name, event.name_key) == (None, "", name_key("my secret passphrase"))
        assert "passphrase" not in str(LoginEvent.objects.values())
        assert "passphrase" not in caplog.text

    @pytest.mark.parametrize(
        "name", ["ada@example.com", "nobody@example.com", "x" * 300, "\x00\x1b", "\ud800", ["a"], 7]
    )
    def test_whatever_is_typed_breaks_nothing(self, user: User, name: object) -> None:
        signals.record_failure(credentials={"username": name, "password": "***"}, request=None)
        assert LoginEvent.objects.get().kind == Kind.FAILED

    def test_without_a_name_there_is_still_a_failure(self) -> None:
        signals.record_failure(credentials={"token": "***"})
        event = LoginEvent.objects.get()
        assert (event.user, event.name) == (None, "")

    def test_so_does_the_admin(self, client: Client, user: User) -> None:
        client.post(reverse("admin:login"), {"username": user.email, "password": "wrong"})
        assert LoginEvent.objects.get().kind == Kind.FAILED


class TestReleaseAttempt:
    def test_leaves_what_was_refused_and_what_has_failed(self, rf: RequestFactory, user: User) -> None:
        for _ in range(5):
            authenticate(rf.get("/"), username=user.email, password="wrong")
            signals.release_attempt()
        authenticate(rf.get("/"), username=user.email, password="wrong")
        signals.release_attempt()
        assert lockout.take(rf.get("/"), user.email).refused

    def test_somebody_else_who_signs_in_in_the_same_task_takes_nothing_back(self, user: User) -> None:
        other = User.objects.create_user("grace@example.com")

        async def guess() -> None:
            request = RequestFactory().get("/")
            request.session = SessionStore()
            await aauthenticate(request, username=user.email, password=WRONG)
            await alogin(request, other)

        for _ in range(6):
            async_to_sync(guess)()
        assert LoginEvent.objects.filter(kind=Kind.BLOCKED).count() == 1

    def test_what_was_refused_is_blocked_once(self, user: User) -> None:
        for _ in range(6):
            authenticate(username=user.email, password=WRONG)
        authenticate(token="x")
        kinds = list(LoginEvent.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == [Kind.FAILED] * 5 + [Kind.BLOCKED, Kind.FAILED]


class TestForgetUser:
    def test_forgets_nothing_of_somebody_whose_name_looks_alike(self, user: User) -> None:
        sign_in()
        User.objects.create_user("ada@exam\u200cple.com").delete()
        assert LoginEvent.objects.get().name == user.email

    def test_forgets_those_from_before_the_account_too(self) -> None:
        fail()
        User.objects.create_user("ada@example.com").delete()
        event = LoginEvent.objects.get()
        assert (event.name_key, event.ip, event.user_agent) == ("", None, "")

    @isolate_apps("accounts")
    def test_of_a_proxy_is_of_the_user(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        class Member(User):
            class Meta:
                proxy = True
                app_label = "accounts"

        monkeypatch.setattr("core.wiring.apps.get_models", lambda: [User, Member])
        apps.get_app_config("auth_tracking").ready()
        try:
            fail()
            Member(pk=user.pk, email=user.email).delete()
        finally:
            pre_delete.disconnect(sender=Member, dispatch_uid="auth_tracking.signals.forget_user")
        assert LoginEvent.objects.get().name == ""

    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database(self, other_database: str, user: User) -> None:
        there = User.objects.db_manager(other_database).create_user("grace@example.com")
        LoginEvent.objects.using(other_database).create(kind=Kind.FAILED, user=there, name=there.email)
        there.delete()
        assert LoginEvent.objects.using(other_database).get().name == ""

    @pytest.mark.parametrize("delete", [User.delete, lambda user: User.objects.filter(pk=user.pk).delete()])
    def test_leaves_what_happened_and_when(self, client: Client, user: User, delete: Callable[[User], object]) -> None:
        sign_in(client)
        fail()
        other = User.objects.create_user("grace@example.com", PASSWORD)
        sign_in(name=other.email)
        delete(user)
        signed_in, failed, of_other = LoginEvent.objects.order_by("pk")
        for event in (signed_in, failed):
            assert event.user is None
            texts = (event.name, event.name_key, event.user_agent, event.session, event.device, event.network)
            assert texts == ("",) * 6
            assert event.ip is None
        assert (signed_in.kind, failed.kind) == (Kind.SIGNED_IN, Kind.FAILED)
        assert (of_other.user, of_other.name) == (other, other.email)


@contextmanager
def database_gone() -> Iterator[None]:
    """A router leads the events, and nothing else, to a database whose file cannot be opened."""
    router = SimpleNamespace(db_for_write=lambda model, **hints: "other" if model is LoginEvent else None)
    connection = connections["other"]
    file = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "/nowhere/at/all.sqlite3"
    with override_settings(DATABASE_ROUTERS=[router]):
        yield
    connection.settings_dict["NAME"] = file


class TestNeverInTheWay:
    @pytest.mark.django_db(transaction=True, databases=["default", "other"])
    @pytest.mark.parametrize("broken", [partial(table_missing, LoginEvent), database_gone], ids=["table", "database"])
    def test_people_sign_in_and_out_and_the_log_says_why_it_is_not_on_the_record(
        self,
        other_database: str,
        client: Client,
        user: User,
        caplog: pytest.LogCaptureFixture,
        broken: Callable[[], AbstractContextManager[None]],
    ) -> None:
        with broken():
            fail()
            sign_in(client)
            assert client.session["_auth_user_id"] == str(user.pk)
            client.post(reverse("logout"))
        failures = [record for record in caplog.records if record.name == "auth_tracking.signals"]
        assert [record.message for record in failures] == [
            "A failed sign-in was not recorded.",
            "A sign-in was not recorded.",
            "A sign-out was not recorded.",
        ]
        assert all(record.exc_info and isinstance(record.exc_info[1], DatabaseError) for record in failures)

    @pytest.mark.django_db(transaction=True)
    def test_the_transaction_around_it_stays_usable(self, user: User) -> None:
        with table_missing(LoginEvent), transaction.atomic():
            signals.record_login(request=None, user=user)
            signals.record_logout(request=None, user=user)
            signals.record_failure(credentials={"username": user.email}, request=None)
            User.objects.update(name="Still there")
        assert User.objects.get().name == "Still there"


def test_each_receiver_is_connected_under_its_dotted_path() -> None:
    wired = [user_logged_in, user_logged_out, user_login_failed, pre_delete]
    found = [
        (uid, f"{receiver.__module__}.{receiver.__qualname__}")
        for signal in wired
        for uid, receiver in connected(signal, User)
    ]
    ours = [(uid, name) for uid, name in found if name.startswith("auth_tracking.")]
    assert len(ours) == 5
    assert all(uid == name for uid, name in ours)


@pytest.mark.django_db(transaction=True)
def test_of_sign_ins_at_the_same_instant_none_is_lost_and_one_is_the_first(user: User, settings: Settings) -> None:
    settings.LOCKOUT = False  # which would let in five at a time

    def visit() -> int:
        browser = Client()
        sign_in(browser)
        return browser.get(reverse("account")).text.count("<strong>Welcome to ")

    assert sum(run_at_once(*[visit] * 50)) == 1
    assert list(LoginEvent.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 51))
    assert LoginEvent.objects.filter(new_device=True).count() == 1


def test_client_login_and_the_admin_are_on_the_record(
    client: Client, user: User, caplog: pytest.LogCaptureFixture
) -> None:
    User.objects.update(is_staff=True)
    assert client.login(username=user.email, password=PASSWORD)
    client.post(reverse("admin:logout"))
    client.post(reverse("admin:login"), {"username": user.email, "password": PASSWORD})
    kinds = list(LoginEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == [Kind.SIGNED_IN, Kind.SIGNED_OUT, Kind.SIGNED_IN]
    assert caplog.records == []
