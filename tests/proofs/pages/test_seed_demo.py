"""``manage.py seed_demo``."""

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save
from django.test import Client

from accounts.models import User
from pages.models import Page, Tag

pytestmark = pytest.mark.django_db


def test_fills_an_empty_site(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed_demo")
    assert "Added pages: 5, drafts: 1, with their authors and tags." in capsys.readouterr().out
    assert Page.objects.published().count() == 5
    text = client.get("/").text
    assert all(page.title in text for page in Page.objects.published())


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


def test_leaves_a_site_alone_that_is_not_empty() -> None:
    Tag.objects.create(name="Ours", slug="ours")
    with pytest.raises(CommandError, match="The site has pages or tags already"):
        call_command("seed_demo")
    assert (User.objects.count(), Tag.objects.count(), Page.objects.count()) == (0, 1, 0)
