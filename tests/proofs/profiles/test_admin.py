"""Deleting a profile, alone or by an action, takes the permission to delete its user."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from profiles.models import Profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def profile() -> Profile:
    return Profile.objects.get(user=User.objects.create_user("ada@example.com", name="Ada"))


def test_deleting_one_takes_the_permission_to_delete_users(client: Client, profile: Profile) -> None:
    staff = User.objects.create_user("grace@example.com", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="profiles"))
    client.force_login(staff)
    client.post(reverse("admin:profiles_profile_delete", args=[profile.pk]), {"post": "yes"})
    answers = {"action": "delete_selected", "_selected_action": [profile.pk], "post": "yes"}
    client.post(reverse("admin:profiles_profile_changelist"), answers)
    assert User.objects.filter(email="ada@example.com").exists()
