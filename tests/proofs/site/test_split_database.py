"""A site behind a router that reads from one database and writes to another."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Model
from django.dispatch import Signal
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import User
from core.dispatch import delivery, send_on_commit
from pages import publishing
from pages.models import Page, Tag
from proofs.smtp import MailServer

PASSWORD = "correct horse 9"
SECOND = "second"
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|BEGIN|SAVEPOINT)\b|.*\bFOR (NO KEY )?UPDATE", re.DOTALL)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", SECOND])


class Router:
    """Reads from one alias, writes to the other."""

    reads = writes = "default"

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return self.reads

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return self.writes

    def allow_relation(self, *objects: Model, **hints: Any) -> bool:
        return True


@pytest.fixture(scope="module", autouse=True)
def _second_alias(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Another way to the database of the tests, as a replica that never lags."""
    settings = deepcopy(connections["default"].settings_dict)
    settings["TEST"]["MIRROR"] = "default"
    connections.settings[SECOND] = settings
    yield
    with django_db_blocker.unblock():
        connections[SECOND].close()
    del connections[SECOND], connections.settings[SECOND]


@pytest.fixture(params=[("default", SECOND), (SECOND, "default")], ids=["read-second", "write-second"], autouse=True)
def writes(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """The alias that is written to. The other one refuses whatever writes or locks, in every thread."""
    Router.writes, Router.reads = request.param
    settings.DATABASE_ROUTERS = [Router()]
    connections.close_all()

    def refuse(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        assert not WRITES.match(sql), f"This was sent to the database for reading: {sql}"
        return execute(sql, parameters, many, context)

    def guard(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        if connection.alias == Router.reads and refuse not in connection.execute_wrappers:
            connection.execute_wrappers.append(refuse)

    connection_created.connect(guard)
    yield Router.writes
    connection_created.disconnect(guard)
    for connection in connections.all():
        connection.execute_wrappers.clear()


@pytest.fixture
def page() -> Page:
    author = User.objects.create_user("grace@example.com", PASSWORD, name="Grace")
    page = Page.objects.create(title="News", slug="news", author=author)
    page.tags.add(Tag.objects.create(name="Tag", slug="tag"))
    return Page.objects.get()


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("editor@example.com", PASSWORD, name="Editor"))
    return client


def deliver() -> None:
    """Let receivers hear what waits for them."""
    delivery().flush(Router.writes)


def test_a_row_that_was_read_is_of_the_database_for_reading(page: Page) -> None:
    assert page._state.db == Router.reads
    with pytest.raises(AssertionError, match="sent to the database for reading"):
        page.save(using=Router.reads)


def test_people_sign_up_out_and_in(client: Client, smtp: MailServer) -> None:
    answers = {"email": "ada@example.com", "name": "Ada", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("sign_up"), answers).status_code == 302
    deliver()
    user = User.objects.get()
    client.post(reverse("logout"))
    for password in ("wrong", PASSWORD):
        client.post(reverse("login"), {"username": user.email, "password": password})
    deliver()
    assert client.get(reverse("account")).status_code == 200
    client.post(reverse("sign_out_elsewhere"))
    if apps.is_installed("profiles"):
        assert apps.get_model("profiles.Profile").objects.get().user == user
    if apps.is_installed("notifications"):
        assert smtp.recipients == [user.email]  # the welcome
    if apps.is_installed("auth_tracking"):
        kinds = apps.get_model("auth_tracking.LoginEvent").objects.order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == ["signed_in", "signed_out", "failed", "signed_in"]


def test_pages_are_published_and_taken_back(page: Page, editor: Client, smtp: MailServer) -> None:
    if apps.is_installed("subscriptions"):
        reader = Client()
        reader.force_login(User.objects.create_user("reader@example.com", name="Reader"))
        reader.post(reverse("subscriptions:follow_tag", args=["tag"]))
        reader.post(reverse("subscriptions:follow_author", args=[page.author_id]))
        reader.post(reverse("subscriptions:stop_mail"))
        reader.post(reverse("subscriptions:start_mail"))
    deliver()
    smtp.messages.clear()
    editor.post(reverse("pages:publish", args=["news"]))
    assert Page.objects.get().is_published
    assert Client().get(page.get_absolute_url()).status_code == 200
    deliver()
    if apps.is_installed("subscriptions"):
        assert smtp.recipients == ["reader@example.com"]
    editor.post(reverse("pages:unpublish", args=["news"]))
    deliver()
    assert Client().get(page.get_absolute_url()).status_code == 404
    assert publishing.publish(page)
    assert publishing.unpublish(page)


def test_the_demo_is_filled_in() -> None:
    call_command("seed_demo", verbosity=0)
    deliver()
    assert Page.objects.count() == 6


def test_people_edit_profiles_and_switches(client: Client) -> None:
    user = User.objects.create_user("ada@example.com", name="Ada")
    client.force_login(user)
    if apps.is_installed("profiles"):
        client.post(reverse("profiles:edit"), {"bio": "Hello."})
        assert apps.get_model("profiles.Profile").objects.get().bio == "Hello."
    if apps.is_installed("notifications"):
        from notifications.kinds import Channel, Kind, offered_to
        from notifications.telling import notify

        names = [f"{kind.name}:{channel}" for kind in offered_to(user) for channel in kind.channels]
        client.post(reverse("notifications:switches"), {"shown": names, "on": names[:1]})
        client.post(reverse("notifications:switches"), {"shown": names, "on": names})
        notify(User.objects.all(), Kind("mention", "", channels=(Channel.SITE,)), key="1", text="Hello")
        notice = apps.get_model("notifications.Notification").objects.get()
        client.post(reverse("notifications:open", args=[notice.pk]))


@pytest.mark.parametrize("way", ["user", "users", "admin", "profile"])
def test_users_and_pages_are_deleted(page: Page, editor: Client, way: str) -> None:
    users = User.objects.filter(email="grace@example.com")
    if way == "profile":
        if not apps.is_installed("profiles"):
            pytest.skip("there are no profiles")
        apps.get_model("profiles.Profile").objects.get(user=users.get()).delete()
    elif way == "admin":
        editor.post(reverse("admin:accounts_user_delete", args=[users.get().pk]), {"post": "yes"})
    else:
        (users.get() if way == "user" else users).delete()
    deliver()
    assert not users.exists()
    assert Page.objects.get().author is None
    Page.objects.get().delete()
    deliver()
    assert not Page.objects.exists()


def test_what_was_read_waits_for_the_commit_of_what_is_written(page: Page, writes: str) -> None:
    heard: list[tuple[str, str]] = []
    announced = Signal()

    def hear(instance: Page, using: str, **kwargs: Any) -> None:
        heard.append((instance.title, using))

    announced.connect(hear)
    with transaction.atomic(using=writes):
        send_on_commit(announced, Page, instance=page)
        transaction.set_rollback(True, using=writes)
    assert heard == []
    with transaction.atomic(using=writes):
        send_on_commit(announced, Page, instance=page)
        assert heard == []
    deliver()
    assert heard == [("News", writes)]


def test_a_stored_signal_names_where_its_instance_is_written(page: Page, writes: str) -> None:
    if not apps.is_installed("outbox"):
        pytest.skip("signals are not stored")
    from core.payloads import encode

    assert encode(page, "page") == {"$": ["instance", "pages.Page", page.pk, writes]}
