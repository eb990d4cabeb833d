"""Users choose on their account page what they are notified of, and how."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from notifications import kinds
from notifications.kinds import Channel, Kind
from notifications.models import Preference

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds, and no others."""
    monkeypatch.setattr(kinds, "_offered", {})
    kinds.offer(Kind("news", "There is news"))
    kinds.offer(Kind("backup", "The backup failed", channels=(Channel.MAIL,), audience="admins"))


def test_everything_is_on_until_it_is_switched_off(client: Client, user: User) -> None:
    client.force_login(user)
    page = client.get(reverse("account")).text
    assert 'value="news:site" checked' in page
    assert 'value="news:mail" checked' in page

    form = {"shown": ["news:site", "news:mail"], "on": ["news:mail"]}
    page = client.post(reverse("notifications:switches"), form, follow=True).text
    assert 'value="news:site">' in page
    assert 'value="news:mail" checked' in page


def test_switches_for_admins_are_shown_to_admins_only(client: Client, user: User, admin: User) -> None:
    client.force_login(user)
    assert "The backup failed" not in client.get(reverse("account")).text
    client.force_login(admin)
    assert "The backup failed" in client.get(reverse("account")).text


def test_a_switch_that_was_not_shown_or_is_not_offered_stays_as_it_is(client: Client, user: User) -> None:
    Preference.objects.create(user=user, kind="news", channel="mail")
    client.force_login(user)
    client.post(reverse("notifications:switches"), {"shown": ["news:site", "backup:mail"], "on": ["news:site"]})

    assert [str(preference) for preference in Preference.objects.all()] == ["news mail off"]
