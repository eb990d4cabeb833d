"""``seed_demo`` adds everything or nothing, and nobody who could sign in or is staff."""

import pytest
from django.core.management import call_command
from django.db.models.signals import post_save

from accounts.models import User
from pages.models import Page, Tag

pytestmark = pytest.mark.django_db


def test_makes_nobody_who_could_sign_in() -> None:
    call_command("seed_demo", verbosity=0)
    assert not any(user.has_usable_password() or user.is_staff for user in User.objects.all())


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
