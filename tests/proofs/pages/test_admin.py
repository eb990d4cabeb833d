"""The admin keeps line breaks as they are stored, and an inline of tags sends what the field would send."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models.signals import m2m_changed
from django.test import Client
from django.urls import reverse

from pages.admin import PageAdmin
from pages.models import Page, Tag
from testing.signals import Send

pytestmark = pytest.mark.django_db


def test_line_breaks_as_browsers_send_them_change_nothing(admin_client: Client) -> None:
    page = Page.objects.create(title="News", slug="news", body="All\nwell.")
    answers = {"title": "Later news", "slug": "news", "body": "All\r\nwell."}
    admin_client.post(reverse("admin:pages_page_change", args=[page.pk]), answers)
    page.refresh_from_db()
    assert (page.title, page.body) == ("Later news", "All\nwell.")
    assert LogEntry.objects.get().get_change_message() == "Changed Title."


def test_an_inline_of_tags_sends_what_the_field_would(
    admin_client: Client, captured: Callable[..., list[Send]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tags(admin.TabularInline[Any, Any]):
        model = Page.tags.through

    def save(**answers: object) -> list[tuple[str, set[int]]]:
        sent.clear()
        rows = Page.tags.through.objects.count()
        answers |= {"title": "News", "slug": "news", "body": "x", "Page_tags-0-page": page.pk}
        answers |= {"Page_tags-TOTAL_FORMS": 1, "Page_tags-INITIAL_FORMS": rows}
        assert admin_client.post(reverse("admin:pages_page_change", args=[page.pk]), answers).status_code == 302
        return [(send.kwargs["action"], send.kwargs["pk_set"]) for send in sent]

    monkeypatch.setattr(PageAdmin, "inlines", (Tags,))
    monkeypatch.setattr(PageAdmin, "fields", ("title", "slug", "body"))
    page = Page.objects.create(title="News", slug="news", body="x")
    one, two = (Tag.objects.create(name=name, slug=name).pk for name in ("one", "two"))
    sent = captured(m2m_changed, sender=Page.tags.through)
    assert save(**{"Page_tags-0-tag": one}) == [("pre_add", {one}), ("post_add", {one})]
    row = {"Page_tags-0-id": Page.tags.through.objects.get().pk}
    changed = [("pre_remove", {one}), ("pre_add", {two}), ("post_remove", {one}), ("post_add", {two})]
    assert save(**row, **{"Page_tags-0-tag": two}) == changed
    assert save(**row, **{"Page_tags-0-tag": two}) == []
    gone = [("pre_remove", {two}), ("post_remove", {two})]
    assert save(**row, **{"Page_tags-0-tag": two, "Page_tags-0-DELETE": "on"}) == gone
    assert not page.tags.exists()
