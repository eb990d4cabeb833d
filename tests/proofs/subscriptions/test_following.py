"""The readers of a page are found once each, in batches, along an index."""

from collections.abc import Callable
from contextlib import AbstractContextManager

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
from subscriptions import following
from subscriptions.models import Announcement, SentMail, Subscription

pytestmark = pytest.mark.django_db

Delivered = Callable[[], AbstractContextManager[None]]


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
