"""``seed_demo`` fills the site, or leaves nothing behind."""

import pytest
from django.core.management import call_command
from django.db.models.signals import post_save

from accounts.models import User
from pages.models import Page, Tag


@pytest.mark.django_db(transaction=True)
def test_leaves_nothing_behind_when_it_fails() -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("out of order")

    post_save.connect(fail, sender=Page)
    try:
        with pytest.raises(RuntimeError):
            call_command("seed_demo")
    finally:
        post_save.disconnect(fail, sender=Page)
    assert (User.objects.count(), Tag.objects.count(), Page.objects.count()) == (0, 0, 0)
