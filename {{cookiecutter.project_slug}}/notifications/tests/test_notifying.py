"""``notify()`` notifies users on the site; ``wanting()`` finds those who want it."""

from collections.abc import Callable

import pytest

from accounts.models import User
from notifications.kinds import Channel, Kind
from notifications.models import Notification, Preference
from notifications.preferences import wanting
from notifications.telling import notify

pytestmark = pytest.mark.django_db

NEWS = Kind("news", "There is news")
BACKUP = Kind("backup", "The backup failed", audience="admins")


def test_each_user_is_notified_once(user: User, admin: User, told: Callable[[User], list[str]]) -> None:
    for _ in range(2):
        notify(User.objects.order_by("pk"), NEWS, key="news:1", text="News")

    assert (told(user), told(admin)) == (["News"], ["News"])


def test_a_notification_is_wanted_until_it_is_switched_off(user: User, admin: User) -> None:
    Preference.objects.create(user=user, kind="news", channel="mail")

    assert list(wanting(NEWS, Channel.SITE, using="default")) == [user, admin]
    assert list(wanting(NEWS, Channel.MAIL, using="default")) == [admin]


def test_a_kind_can_be_for_admins_only(user: User, admin: User) -> None:
    assert list(wanting(BACKUP, Channel.MAIL, using="default")) == [admin]


def test_an_inactive_user_is_not_notified(user: User) -> None:
    User.objects.update(is_active=False)

    assert not wanting(NEWS, Channel.SITE, using="default").exists()


def test_notifications_are_deleted_with_their_user(user: User) -> None:
    notify(User.objects.all(), NEWS, key="news:1", text="News")
    user.delete()

    assert not Notification.objects.exists()
