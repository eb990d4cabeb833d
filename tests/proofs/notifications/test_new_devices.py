"""A new device is one notification and one message, however often it is delivered."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from notifications import new_devices
from notifications.models import Notification, Preference
from proofs.notifications import told

pytestmark = pytest.mark.django_db

EVENT = SimpleNamespace(pk=7, time=datetime(2026, 1, 2, 3, 4, tzinfo=UTC), device="", ip=None)


@pytest.mark.parametrize(("channel", "noted", "mailed"), [("site", 0, 1), ("mail", 1, 0)])
def test_as_they_wish(user: User, channel: str, noted: int, mailed: int, mailoutbox: list[Any]) -> None:
    Preference.objects.create(user=user, kind="new_device", channel=channel)
    new_devices.note_new_device(EVENT, user=user, first=False, using="default")
    new_devices.mail_new_device(EVENT, user=user, first=False, using="default")
    assert (len(told(user)), len(mailoutbox)) == (noted, mailed)


def test_delivered_again_by_one_notice_and_the_same_message(user: User, mailoutbox: list[Any]) -> None:
    for _ in range(2):
        new_devices.note_new_device(EVENT, user=user, first=False, using="default")
        with timezone.override("UTC"):
            new_devices.mail_new_device(EVENT, user=user, first=False, using="default")
    assert told(user) == ["A sign-in from a new device: unknown device, unknown address"]
    assert len({message.extra_headers["Message-ID"] for message in mailoutbox}) == 1
    assert "Jan. 2, 2026, 3:04 a.m. (UTC)" in mailoutbox[0].body


def test_who_was_deleted_since_is_not_told(user: User, mailoutbox: list[Any]) -> None:
    User.objects.all().delete()
    new_devices.note_new_device(EVENT, user=user, first=False, using="default")
    new_devices.mail_new_device(EVENT, user=user, first=False, using="default")
    assert not Notification.objects.exists()
    assert not mailoutbox


def test_only_they_are_told(user: User, admin: User, mailoutbox: list[Any]) -> None:
    new_devices.note_new_device(EVENT, user=user, first=False, using="default")
    new_devices.mail_new_device(EVENT, user=user, first=False, using="default")
    assert told(admin) == []
    assert [message.to for message in mailoutbox] == [[user.email]]


def test_of_the_first_sign_in_nobody(user: User, mailoutbox: list[Any]) -> None:
    new_devices.note_new_device(EVENT, user=user, first=True, using="default")
    new_devices.mail_new_device(EVENT, user=user, first=True, using="default")
    assert (told(user), mailoutbox) == ([], [])
