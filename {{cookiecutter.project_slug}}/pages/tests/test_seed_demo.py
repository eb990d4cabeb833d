"""``manage.py seed_demo``."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from pages.models import Page, Tag

pytestmark = pytest.mark.django_db


def test_the_demo_fills_an_empty_site(client: Client) -> None:
    call_command("seed_demo")
    text = client.get(reverse("pages:home")).text
    assert all(page.title in text for page in Page.objects.published())
    assert not any(user.has_usable_password() for user in User.objects.all())


def test_the_demo_refuses_a_site_that_is_not_empty() -> None:
    Tag.objects.create(name="Ours", slug="ours")
    with pytest.raises(CommandError, match="The site has pages or tags already"):
        call_command("seed_demo")
    assert not Page.objects.exists()
