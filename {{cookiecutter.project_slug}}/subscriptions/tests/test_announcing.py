"""Whatever publishes a page or takes it back is announced once, after the commit."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from pages import publishing
from pages.models import Page
from pages.signals import page_published, page_unpublished
from subscriptions import signals
from testing.signals import Send

Captured = Callable[..., list[Send]]
Delivered = Callable[[], AbstractContextManager[None]]


def test_publishing_a_page_is_announced(draft: Page, captured: Captured, delivered: Delivered) -> None:
    sent = captured(page_published)
    with delivered():
        publishing.publish(draft)
    assert [(send.sender, send.kwargs["instance"], send.kwargs["first"]) for send in sent] == [(Page, draft, True)]


def test_publishing_by_an_update_is_announced(draft: Page, captured: Captured, delivered: Delivered) -> None:
    sent = captured(page_published)
    with delivered():
        Page.objects.update(published_at=timezone.now())
    assert [send.kwargs["instance"] for send in sent] == [draft]


def test_taking_a_page_back_is_announced(page: Page, captured: Captured, delivered: Delivered) -> None:
    sent = captured(page_unpublished)
    with delivered():
        publishing.unpublish(page)
    assert [(send.sender, send.kwargs["instance"]) for send in sent] == [(Page, page)]


def test_postponing_a_public_page_takes_it_back(page: Page, captured: Captured, delivered: Delivered) -> None:
    sent = captured(page_unpublished)
    with delivered():
        page.published_at = timezone.now() + timedelta(days=1)
        page.save()
    assert [send.kwargs["instance"] for send in sent] == [page]


def test_publishing_a_page_again_is_announced_as_a_repetition(
    page: Page, captured: Captured, delivered: Delivered
) -> None:
    sent = captured(page_published)
    with delivered():
        publishing.unpublish(page)
        publishing.publish(page)
    assert [send.kwargs["first"] for send in sent] == [False]


def test_publishing_that_is_rolled_back_is_not_announced(draft: Page, captured: Captured, delivered: Delivered) -> None:
    sent = captured(page_published)
    with delivered(), pytest.raises(RuntimeError), transaction.atomic():
        publishing.publish(draft)
        raise RuntimeError
    assert sent == []


def test_editing_a_public_page_is_not_announced(page: Page, captured: Captured, delivered: Delivered) -> None:
    sent = captured(page_published)
    with delivered():
        page.save()
        Page.objects.update(title="Other news")
        call_command("announce_pages", verbosity=0)
    assert sent == []


def test_a_scheduled_page_is_announced_when_it_is_due(
    draft: Page, captured: Captured, delivered: Delivered, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    sent = captured(page_published)
    with delivered():
        draft.published_at = tomorrow
        draft.save()
        call_command("announce_pages")
    assert sent == []
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    with delivered():
        call_command("announce_pages")
        call_command("announce_pages")
    assert [send.kwargs["instance"] for send in sent] == [draft]


@pytest.mark.parametrize(("options", "announced"), [([], 1), (["--quietly"], 0)])
def test_the_command_announces_imported_pages_unless_it_is_quiet(
    draft: Page, options: list[str], announced: int, captured: Captured, delivered: Delivered
) -> None:
    sent = captured(page_published)
    with delivered():
        draft.published_at = timezone.now()
        draft.save_base(raw=True)  # as loaddata does
        call_command("announce_pages", *options)
        call_command("announce_pages")
    assert len(sent) == announced


@pytest.mark.parametrize(("fields", "extra"), [(None, 1), (["title"], 0)])
def test_a_save_costs_one_query_more_if_it_may_publish(
    draft: Page,
    fields: list[str] | None,
    extra: int,
    muted: Callable[..., None],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with CaptureQueriesContext(connection) as queries:
        draft.save(update_fields=fields)
    muted(post_save, signals.announce_saved)
    with django_assert_num_queries(len(queries) - extra):
        draft.save(update_fields=fields)
