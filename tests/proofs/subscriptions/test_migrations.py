"""Adding subscriptions to a site that has pages mails nobody about them."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from pages.models import Page
from subscriptions import announcing
from subscriptions.models import Announcement, SentMail

mark = import_module("subscriptions.migrations.0002_mark_public_pages").mark_public_pages


@pytest.mark.django_db
def test_what_is_public_already_is_marked_as_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.querysets.BATCH_SIZE", 2)
    now = timezone.now()
    Page.objects.bulk_create(Page(title=f"{n}", slug=f"{n}", published_at=now) for n in range(5))
    draft = Page.objects.create(title="Draft", slug="draft")
    Announcement.objects.all().delete()
    for _ in range(2):
        mark(apps, SimpleNamespace(connection=connection))
    assert Announcement.objects.filter(published=True, readers_told_at__lt=now - SentMail.KEPT).count() == 5
    assert not Announcement.objects.filter(page=draft).exists()
    assert announcing.changed_pages("default") == []
