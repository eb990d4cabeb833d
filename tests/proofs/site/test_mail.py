"""Every mail that the site makes can be copied and pickled, as mail backends do."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.test import Client
from django.test.signals import template_rendered
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from pages.models import Page, Tag
from proofs.threads import eventually

PASSWORD = "correct horse 9"
MAILS = {
    path.relative_to(templates).as_posix()
    for templates in settings.BASE_DIR.glob("*/templates")
    for path in templates.rglob("*.txt")
}


@pytest.fixture
def composed() -> Iterator[list[str]]:
    """The templates of mails that were rendered, by name."""
    names: list[str] = []

    def note(template: Any, **kwargs: Any) -> None:
        if template.name in MAILS:
            names.append(template.name)

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


@pytest.mark.django_db
def test_every_mail_can_be_copied_and_pickled(
    delivered: Callable[[], AbstractContextManager[None]], composed: list[str], mailoutbox: list[Any]
) -> None:
    User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    with delivered():
        user = User.objects.create_user("ada@example.com", PASSWORD, name="Ada")
    for agent in ("curl/8.1", "Wget/1.21"):
        with delivered():
            Client(headers={"user-agent": agent}).post(reverse("login"), {"username": user.email, "password": PASSWORD})
    if apps.is_installed("subscriptions"):
        tag = Tag.objects.create(name="News", slug="news")
        tag.subscription_set.create(user=user)
        with delivered():
            page = Page.objects.create(title="News", slug="news", body="News.", published_at=timezone.now())
            page.tags.add(tag)
    Client().post(reverse("password_reset"), {"email": user.email})
    assert eventually(lambda: any("new password" in message.subject for message in mailoutbox))
    with delivered():
        user.delete()

    assert set(composed) == MAILS
    assert len(mailoutbox) == len(composed)  # Django's backend for tests has copied each
    for message in mailoutbox:
        again = pickle.loads(pickle.dumps(message))
        assert isinstance(again, mail.EmailMessage)
        assert headers(again) == headers(message)


def headers(message: mail.EmailMessage) -> list[tuple[str, str]]:
    """Those that are the same each time."""
    return [(name, str(value)) for name, value in message.message().raw_items() if name not in ("Date", "Message-ID")]
