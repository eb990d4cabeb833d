"""Nothing in the database holds the address of a user who was deleted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from pages.models import Page, Tag

OLD, ADDRESS, NAME, PASSWORD = "ada.byron@example.com", "ada.lovelace@example.com", "Ada Lovelace", "correct horse 9"


def holding(text: str) -> set[str]:
    """The columns of all tables that hold a text, whatever their types; and sessions, which are packed."""
    found = set()
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column in connection.introspection.get_table_description(cursor, table):
                as_text = f"LOWER(CAST({quote(column.name)} AS text))"
                cursor.execute(f"SELECT COUNT(*) FROM {quote(table)} WHERE {as_text} LIKE %s", [f"%{text.lower()}%"])
                if cursor.fetchone()[0]:
                    found.add(f"{table}.{column.name}")
    if any(text in str(session.get_decoded()) for session in Session.objects.all()):
        found.add("sessions")
    return found


def refuse(message: EmailMultiAlternatives, **kwargs: Any) -> int:
    """A mail server that knows nobody."""
    raise SMTPRecipientsRefused({address: (550, f"<{address}>: no such user".encode()) for address in message.to})


@pytest.fixture
def ada(
    client: Client,
    admin_client: Client,
    delivered: Callable[[], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> User:
    """Somebody who has done whatever leaves traces, under two addresses; their mail was refused."""
    with monkeypatch.context() as patches, delivered():
        patches.setattr(EmailMultiAlternatives, "send", refuse)
        answers = {"email": OLD, "name": NAME, "password1": PASSWORD, "password2": PASSWORD}
        assert client.post(reverse("sign_up"), answers).status_code == 302
    ada = User.objects.get(email=OLD)
    page = Page.objects.create(title="News", slug="news", author=ada)
    page.tags.add(Tag.objects.create(name="a", slug="a"))
    for address in (OLD, ADDRESS):
        change = {"email": address, "name": NAME, "is_active": "on"}
        assert admin_client.post(reverse("admin:accounts_user_change", args=[ada.pk]), change).status_code == 302
        assert User.objects.get(pk=ada.pk).email == address
        client.logout()
        for password in ("wrong", PASSWORD):
            client.post(reverse("login"), {"username": address, "password": password})
        assert client.get(reverse("account")).status_code == 200
        with delivered():
            client.post(reverse("password_reset"), {"email": address})
    if apps.is_installed("profiles"):
        client.post(reverse("profiles:edit"), {"bio": "Hello.", "location": "London"})
    return ada


def by_the_admin(user: User, client: Client) -> None:
    assert client.post(reverse("admin:accounts_user_delete", args=[user.pk]), {"post": "yes"}).status_code == 302


DELETIONS: dict[str, Callable[[User, Client], object]] = {
    "admin": by_the_admin,
    "alone": lambda user, client: user.delete(),
    "queryset": lambda user, client: User.objects.filter(is_superuser=False).delete(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_no_column_holds_an_address_of_somebody_who_was_deleted(
    ada: User,
    admin_client: Client,
    client: Client,
    delete: Callable[[User, Client], object],
    delivered: Callable[[], AbstractContextManager[None]],
) -> None:
    assert "accounts_user.email" in holding(ADDRESS)
    if apps.is_installed("activity_log"):
        assert "activity_log_activityentry.changes" in holding(ADDRESS) & holding(OLD)
    if apps.is_installed("auth_tracking"):
        assert "auth_tracking_loginevent.name" in holding(ADDRESS) & holding(OLD)

    delete(ada, admin_client)

    client.post(reverse("login"), {"username": ADDRESS, "password": PASSWORD})
    client.get(reverse("account"))
    assert (holding(ADDRESS), holding(OLD)) == (set(), set())

    with delivered():
        pass  # the signals of the deletion, which are stored if there is an outbox
    assert (holding(ADDRESS), holding(OLD)) == (set(), set())
    assert not {column for column in holding(NAME) if column.startswith("outbox_")}
