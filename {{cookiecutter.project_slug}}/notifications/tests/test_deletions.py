"""Admins are notified of deleted users, on the site and by mail."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from core.actors import acting_as
from notifications import signals
from notifications.models import Preference

pytestmark = pytest.mark.django_db

Told = Callable[[User], list[str]]


def test_admins_are_notified_of_a_deleted_user(
    user: User, admin: User, told: Told, delivered: Callable[..., Any], mailoutbox: list[Any]
) -> None:
    with delivered(), acting_as(admin):
        user.delete()

    assert told(admin) == ["Ada was deleted by Root."]
    (mail,) = mailoutbox
    assert mail.to == ["root@example.com"]
    assert mail.subject == "A user was deleted on Test site"
    assert "Root has deleted this user:\n\n- Ada (user " in mail.body
    assert "ada@example.com" not in mail.body  # no address outlives its account


def test_a_deletion_of_many_users_is_one_notification(
    admin: User, told: Told, delivered: Callable[..., Any], mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "MOST_TOLD", 4)
    User.objects.bulk_create(User(email=f"{n}@example.com", name=f"User {n}") for n in range(6))
    with delivered():
        User.objects.exclude(pk=admin.pk).order_by("pk").delete()

    assert told(admin) == ["User 0, User 1, User 2 and 3 more were deleted."]
    (mail,) = mailoutbox
    assert mail.subject == "6 users were deleted on Test site"
    assert "- and 2 more" in mail.body


def test_a_deletion_that_is_rolled_back_is_not_announced(
    user: User, admin: User, told: Told, delivered: Callable[..., Any], mailoutbox: list[Any]
) -> None:
    with delivered(), transaction.atomic():
        user.delete()
        transaction.set_rollback(True)

    assert (told(admin), mailoutbox) == ([], [])


@pytest.mark.parametrize(("switched_off", "left"), [("site", (0, 1)), ("mail", (1, 0))])
def test_an_admin_can_switch_off_either_channel(
    user: User,
    admin: User,
    told: Told,
    delivered: Callable[..., Any],
    mailoutbox: list[Any],
    switched_off: str,
    left: tuple[int, int],
) -> None:
    Preference.objects.create(user=admin, kind="deletion", channel=switched_off)
    with delivered():
        user.delete()

    assert (len(told(admin)), len(mailoutbox)) == left
