"""Every write of many rows at once sends ``rows_written``, whichever way and database it takes."""

from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.models import User
from core.signals import rows_written
from pages.models import Page, Tag
from testing.signals import Send, captured

pytestmark = pytest.mark.django_db

Captured = Callable[..., list[Send]]


@pytest.fixture
def page() -> Page:
    return Page.objects.create(title="About", slug="about")


def test_bulk_update_is_an_update(page: Page, captured: Captured) -> None:
    sent = captured(rows_written)
    Page.objects.bulk_update([page], ["title"])
    assert [send.kwargs["fields"] for send in sent] == [{"title"}]


def test_bulk_create_that_updates_does_not_say_that_all_are_new(captured: Captured) -> None:
    Tag.objects.create(name="A", slug="a")
    sent = captured(rows_written)
    new = Tag(name="A", slug="b")
    Tag.objects.bulk_create([new], update_conflicts=True, update_fields=["slug"], unique_fields=["name"])
    assert [send.kwargs["created"] for send in sent] == [False]
    assert [send.kwargs["updated"] for send in sent] == [{"slug"}]


def test_a_call_that_makes_no_sense_leaves_the_transaction_usable(page: Page) -> None:
    with transaction.atomic():
        with pytest.raises(TypeError):
            Page.objects.all()[:1].update(title="x")
        with pytest.raises(ValueError, match="positive integer"):
            Tag.objects.bulk_create([Tag()], batch_size=-1)
        assert Page.objects.get().title == "About"


def test_the_other_side_of_a_foreign_key_too(page: Page, captured: Captured) -> None:
    user = User.objects.create_user("ada@example.com")
    sent = captured(rows_written, sender=Page)
    user.page_set.add(page)
    user.page_set.remove(page)
    user.page_set.set([page])
    user.page_set.clear()
    assert [send.kwargs["fields"] for send in sent] == [{"author"}] * 4


def test_users_too(captured: Captured) -> None:
    User.objects.create_user("ada@example.com")
    sent = captured(rows_written)
    User.objects.update(name="Ada")
    User.objects.all().update(name="Ada")
    assert [send.kwargs["fields"] for send in sent] == [{"name"}] * 2


@pytest.mark.django_db(databases=["default", "other"])
def test_it_names_the_database(other_database: str) -> None:
    with captured(rows_written) as sent:
        Tag.objects.using(other_database).bulk_create([Tag(name="A", slug="a")])
        Tag.objects.using(other_database).update(name="B")
    assert [send.kwargs["using"] for send in sent] == [other_database] * 2


def test_what_writes_no_row_says_nothing(page: Page, captured: Captured) -> None:
    sent = captured(rows_written)
    Page.objects.filter(slug="other").update(title="New")
    Page.objects.bulk_create([])
    Page.objects.bulk_update([], ["title"])
    page.save()
    assert sent == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", ["update", "bulk_create"])
def test_a_receiver_that_fails_takes_the_rows_back(write: str) -> None:
    tag = Tag.objects.create(name="A", slug="a")

    def refuse(**kwargs: object) -> None:
        assert transaction.get_connection().in_atomic_block
        raise PermissionError

    rows_written.connect(refuse, sender=Tag)
    try:
        with pytest.raises(PermissionError):
            Tag.objects.update(slug="x") if write == "update" else Tag.objects.bulk_create([Tag()])
    finally:
        rows_written.disconnect(refuse, sender=Tag)
    assert list(Tag.objects.values_list("slug", flat=True)) == [tag.slug]
