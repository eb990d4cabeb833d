"""Users and profiles stay in step."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.serializers import deserialize, serialize
from django.db.models.signals import post_delete

from accounts.models import User
from profiles.models import Profile
from testing.signals import Send

Captured = Callable[..., list[Send]]

pytestmark = pytest.mark.django_db


def test_a_new_user_gets_a_profile() -> None:
    user = User.objects.create_user("ada@example.com")
    assert Profile.objects.get().user == user


def test_saving_a_user_again_keeps_the_profile(ada: User) -> None:
    Profile.objects.update(bio="Mine")
    ada.save()
    assert Profile.objects.get().bio == "Mine"


def test_a_fixture_brings_its_own_profiles(ada: User) -> None:
    Profile.objects.update(bio="From the fixture")
    fixture = serialize("json", [ada, Profile.objects.get()])
    ada.delete()
    for row in deserialize("json", fixture):
        row.save()
    assert Profile.objects.get().bio == "From the fixture"


DELETIONS: dict[str, Callable[[User], Any]] = {
    "the user": lambda user: user.delete(),
    "users": lambda user: User.objects.filter(pk=user.pk).delete(),
    "the profile": lambda user: user.profile.delete(),
    "profiles": lambda user: Profile.objects.filter(user=user).delete(),
}


@pytest.mark.parametrize("delete", DELETIONS.values(), ids=DELETIONS)
def test_deleting_a_user_or_a_profile_deletes_each_once(
    ada: User, captured: Captured, delete: Callable[[User], Any]
) -> None:
    grace = User.objects.create_user("grace@example.com")
    deleted_users, deleted_profiles = captured(post_delete, User), captured(post_delete, Profile)
    delete(ada)
    assert (len(deleted_users), len(deleted_profiles)) == (1, 1)
    assert User.objects.get() == Profile.objects.get().user == grace


def test_deleting_many_profiles_deletes_their_users_together(ada: User, captured: Captured) -> None:
    User.objects.create_user("grace@example.com")
    deleted_users = captured(post_delete, User)
    Profile.objects.all().delete()
    assert len({id(send.kwargs["origin"]) for send in deleted_users}) == 1
    assert not User.objects.exists()
