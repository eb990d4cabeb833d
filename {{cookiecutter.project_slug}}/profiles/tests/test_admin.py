"""Profiles in the admin."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User


def test_profiles_are_found_by_email_but_not_added(admin_client: Client, ada: User) -> None:
    found = admin_client.get(reverse("admin:profiles_profile_changelist"), {"q": "ada@"}).context["cl"].result_list
    assert list(found) == [ada.profile]
    assert admin_client.get(reverse("admin:profiles_profile_change", args=[ada.profile.pk])).status_code == 200
    assert admin_client.get(reverse("admin:profiles_profile_add")).status_code == 403


@pytest.mark.parametrize(("permission", "users_left"), [("", 1), ("delete_user", 0)])
def test_deleting_a_profile_requires_permission_to_delete_its_user(
    staff: Callable[..., Client], ada: User, permission: str, users_left: int
) -> None:
    client = staff("view_profile", "delete_profile", permission)
    client.post(reverse("admin:profiles_profile_delete", args=[ada.profile.pk]), {"post": "yes"})
    assert User.objects.filter(pk=ada.pk).count() == users_left
