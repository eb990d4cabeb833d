"""The readers of a page are found once each, in batches, along an index."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from pages import publishing
from pages.models import Page, Tag
from pages.signals import page_published
from proofs.subscriptions import follow
from subscriptions import following, signals
from subscriptions.models import Announcement, SentMail, Subscription

pytestmark = pytest.mark.django_db

Delivered = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def heard(request: pytest.FixtureRequest) -> Any:
    """The arguments with which ``readers_found`` was sent."""
    arguments: list[dict[str, Any]] = []

    def hear(**kwargs: Any) -> None:
        arguments.append(kwargs)

    signals.readers_found.connect(hear, dispatch_uid="proofs.subscriptions.hear")
    yield arguments
    signals.readers_found.disconnect(dispatch_uid="proofs.subscriptions.hear")


@pytest.fixture
def page(draft: Page, muted: Callable[..., None]) -> Page:
    """Published, and nobody was told."""
    muted(page_published)
    publishing.publish(draft)
    return draft


def batches(page: Page) -> list[list[int]]:
    return list(following.readers_to_tell(page, "default"))


class TestReaders:
    def test_are_found_in_batches_of_a_few_queries_each(self, page: Page, tag: Tag) -> None:
        follow(tag, 2050)
        with CaptureQueriesContext(connection) as queries:
            found = batches(page)
        assert [len(batch) for batch in found] == [200] * 10 + [50]
        assert len({key for batch in found for key in batch}) == 2050
        # The note, the tags; each followed thing in batches, and once more to see that it was all; who is active.
        assert len(queries) == 2 + (11 + 1) + 1 + 11

    def test_of_a_page_without_author_and_tags_are_none(self, page: Page, reader: User) -> None:
        page.author = None
        page.save()
        page.tags.clear()
        assert batches(page) == []

    def test_are_looked_for_again_while_it_is_known_who_has_got_the_mail(self, page: Page, reader: User) -> None:
        assert batches(page) == [[reader.pk]]
        publishing.unpublish(page)
        publishing.publish(page)
        assert batches(page) == [[reader.pk]]
        Announcement.objects.update(readers_told_at=timezone.now() - SentMail.KEPT)
        assert batches(page) == []

    def test_are_not_told_of_a_page_that_was_taken_back_but_when_it_comes_again(self, page: Page, reader: User) -> None:
        publishing.unpublish(page)
        assert batches(page) == []
        publishing.publish(page)
        assert batches(page) == [[reader.pk]]

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    @pytest.mark.parametrize("what", ["tag", "author"])
    def test_are_read_along_an_index(self, page: Page, tag: Tag, author: User, what: str) -> None:
        readers = follow(tag, 1000)
        Subscription.objects.bulk_create(Subscription(user=reader, author=author) for reader in readers)
        keys = {"tag": tag.pk, "author": author.pk}
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE subscriptions_subscription; ANALYZE accounts_user")
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
            with CaptureQueriesContext(connection) as queries:
                next(following.followers(Q(**{what: keys[what]}), "default"))
            cursor.execute(f"EXPLAIN {queries[0]['sql']}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert f"using subscription_to_{what}" in plan

    def test_who_are_not_active_are_not_told(self, page: Page, reader: User) -> None:
        User.objects.filter(pk=reader.pk).update(is_active=False)
        assert batches(page) == []

    def test_of_other_pages_are_not_told(self, page: Page, author: User) -> None:
        other = Tag.objects.create(name="Other", slug="other")
        follow(other, 2)
        Subscription.objects.create(user=author, author=User.objects.create_user("alan@example.com"))
        assert batches(page) == []


class TestSubscription:
    @pytest.mark.parametrize("what", ["nothing", "both", "tag twice", "author twice"])
    def test_is_to_one_thing_once(self, reader: User, author: User, tag: Tag, what: str) -> None:
        other = User.objects.create_user("alan@example.com")
        subscription = {
            "nothing": Subscription(user=other),
            "both": Subscription(user=other, tag=tag, author=author),
            "tag twice": Subscription(user=reader, tag=tag),
            "author twice": Subscription(user=reader, author=author),
        }[what]
        with pytest.raises(IntegrityError), transaction.atomic():
            subscription.save()

    def test_goes_with_whatever_it_joins(self, reader: User, author: User, tag: Tag) -> None:
        tag.delete()
        assert [str(each) for each in Subscription.objects.all()] == ["Grace follows Ada"]
        author.delete()
        assert not Subscription.objects.exists()
        Announcement.objects.all().delete()


class TestSignal:
    def test_tells_readers_of_a_published_page(
        self, draft: Page, reader: User, delivered: Delivered, heard: list[dict[str, Any]]
    ) -> None:
        with delivered():
            publishing.publish(draft)
        (arguments,) = heard
        assert arguments["instance"] == draft
        assert arguments["readers"] == [reader.pk]
        assert arguments["using"] == "default"

    def test_is_sent_each_time_that_the_page_is_published(
        self, draft: Page, reader: User, delivered: Delivered, heard: list[dict[str, Any]]
    ) -> None:
        for _ in range(2):
            with delivered():
                publishing.publish(draft)
            with delivered():
                publishing.unpublish(draft)
        assert len(heard) == 2
