"""Each write invalidates the cached pages that show it, and no others."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.apps import apps
from django.db import transaction
from django.db.models.signals import post_migrate, pre_save

from accounts.models import User
from cache_invalidation.generations import EVERYTHING
from pages.models import Page

Invalidated = Callable[[], AbstractContextManager[set[str]]]


class TestPages:
    def test_a_new_page_invalidates_its_address_and_the_lists(self, invalidated: Invalidated) -> None:
        with invalidated() as names:
            Page.objects.create(title="New", slug="new", published_at="2020-01-01T00:00:00Z")
        assert names == {"page:new", "lists"}

    def test_a_new_slug_invalidates_both_addresses(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            about.slug = "contact"
            about.save()
        assert names == {"page:about", "page:contact", "lists"}

    def test_a_slug_set_by_another_receiver_counts_too(self, about: Page, invalidated: Invalidated) -> None:
        def move(instance: Page, **kwargs: object) -> None:
            instance.slug = "contact"

        pre_save.connect(move, sender=Page)
        try:
            with invalidated() as names:
                about.save()
        finally:
            pre_save.disconnect(move, sender=Page)
        assert names == {"page:about", "page:contact", "lists"}

    def test_fields_that_no_visitor_sees_invalidate_nothing(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            about.save(update_fields=["updated_at"])
        assert names == set()

    def test_deleting_a_page_invalidates_it(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            about.delete()
        assert names == {"page:about", "lists"}

    def test_updating_pages_at_once_invalidates_everything(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            Page.objects.update(title="New")
        assert names == {EVERYTHING}

    def test_deleting_pages_at_once_invalidates_everything(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            Page.objects.all().delete()
        assert names == {EVERYTHING}

    def test_a_write_that_is_rolled_back_invalidates_nothing(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names, pytest.raises(RuntimeError), transaction.atomic():
            about.save()
            raise RuntimeError
        assert names == set()


class TestTags:
    def test_taking_the_tags_from_a_page_invalidates_it(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            about.tags.clear()
        assert names == {"page:about", "lists"}

    def test_renaming_a_tag_invalidates_its_pages(self, about: Page, invalidated: Invalidated) -> None:
        tag = about.tags.get()
        with invalidated() as names:
            tag.name = "Receivers"
            tag.save()
        assert names == {"page:about", "lists"}

    def test_deleting_a_tag_invalidates_its_pages(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            about.tags.get().delete()
        assert names == {"page:about", "lists"}


class TestAuthors:
    def test_renaming_an_author_invalidates_their_pages(self, about: Page, invalidated: Invalidated) -> None:
        ada = User.objects.get(name="Ada")
        with invalidated() as names:
            ada.name = "Countess"
            ada.save()
        assert names == {"page:about", "lists"}

    def test_new_users_invalidate_nothing(self, invalidated: Invalidated) -> None:
        with invalidated() as names:
            User.objects.create_user("grace@example.com", name="Grace")
            User.objects.bulk_create([User(email="alan@example.com", name="Alan")])
        assert names == set()

    def test_deleting_an_author_invalidates_everything(self, about: Page, invalidated: Invalidated) -> None:
        ada = User.objects.get(name="Ada")
        with invalidated() as names:
            ada.delete()
        assert names == {EVERYTHING}


class TestFixturesAndMigrations:
    def test_loading_a_fixture_invalidates_everything(self, about: Page, invalidated: Invalidated) -> None:
        with invalidated() as names:
            about.save_base(raw=True)
        assert names == {EVERYTHING}

    def test_migrating_invalidates_everything(self, invalidated: Invalidated) -> None:
        pages = apps.get_app_config("pages")
        with invalidated() as names:
            post_migrate.send(pages, app_config=pages, verbosity=0, interactive=False, using="default", plan=[])
        assert names == {EVERYTHING}
