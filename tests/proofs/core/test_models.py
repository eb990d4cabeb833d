"""A save and what its receivers write are both committed, or neither."""

import pytest
from django.db import transaction
from django.db.models.signals import post_save

from pages.models import Page, Tag


class RefusedError(Exception):
    pass


def tag_then_fail(**kwargs: object) -> None:
    Tag.objects.create(name="New", slug="new")
    raise RefusedError


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_a_receiver_that_fails_takes_all_back() -> None:
    post_save.connect(tag_then_fail, sender=Page)
    try:
        with pytest.raises(RefusedError):
            Page.objects.create(title="About", slug="about")
    finally:
        post_save.disconnect(tag_then_fail, sender=Page)
    assert not Page.objects.exists()
    assert not Tag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_inside_of_one_whoever_opened_it_decides() -> None:
    post_save.connect(tag_then_fail, sender=Page)
    try:
        with transaction.atomic(), pytest.raises(RefusedError):
            Page.objects.create(title="About", slug="about")
    finally:
        post_save.disconnect(tag_then_fail, sender=Page)
    assert Page.objects.exists()


@pytest.mark.django_db(databases=["default", "other"], transaction=True)
def test_it_is_the_database_that_is_saved_to(other_database: str) -> None:
    in_transaction: list[bool] = []

    def note(using: str, **kwargs: object) -> None:
        in_transaction.append(transaction.get_connection(using).in_atomic_block)
        in_transaction.append(transaction.get_connection().in_atomic_block)

    post_save.connect(note, sender=Page)
    try:
        Page(title="About", slug="about").save(using=other_database)
    finally:
        post_save.disconnect(note, sender=Page)
    assert in_transaction == [True, False]
