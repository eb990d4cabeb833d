"""Fixtures with natural keys load onto the right users and pages, even where the primary keys differ."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from pages.models import Page
from subscriptions.models import Announcement, MailOptOut

pytestmark = pytest.mark.django_db


def dump(file: Path, *labels: str) -> str:
    """Write a fixture with natural keys."""
    natural = {"use_natural_primary_keys": True, "use_natural_foreign_keys": True}
    call_command("dumpdata", *labels, output=str(file), verbosity=0, **natural)
    return str(file)


def test_who_wants_no_mail_is_the_same_person(tmp_path: Path) -> None:
    ada = User.objects.create_user("ada@example.com")
    key = ada.pk
    MailOptOut.objects.create(user=ada)
    file = dump(tmp_path / "people.json", "accounts", "subscriptions")
    ada.delete()
    User.objects.create(pk=key, email="grace@example.com")  # where Ada was
    for _ in range(2):
        call_command("loaddata", file, verbosity=0)
    assert [optout.user.email for optout in MailOptOut.objects.all()] == ["ada@example.com"]


def test_what_was_told_of_a_page_is_not_there_twice(tmp_path: Path) -> None:
    page = Page.objects.create(title="News", slug="news", published_at=timezone.now())
    file = dump(tmp_path / "pages.json", "subscriptions")
    Announcement.objects.all().delete()
    again = Announcement.objects.create(page=page, published=False)  # under another key
    call_command("loaddata", file, verbosity=0)
    assert [(each.pk, each.page, each.published) for each in Announcement.objects.all()] == [(again.pk, page, True)]
