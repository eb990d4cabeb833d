"""An object without a name of its own goes by the name of the user it belongs to."""

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from activity_log.models import ActivityEntry


@pytest.mark.django_db
def test_entries_of_a_profile_have_the_name_of_its_user() -> None:
    if not apps.is_installed("profiles"):
        pytest.skip("there are no profiles")
    profiles = apps.get_model("profiles.Profile").objects
    user = User.objects.create_user("ada@example.com", name="Ada")
    changed = profiles.get(user=user)
    changed.bio = "Hello."
    with CaptureQueriesContext(connection) as queries:
        changed.save()
    assert [query["sql"].split()[0] for query in queries if "activity" in query["sql"]] == ["WITH"]  # one INSERT
    profiles.get(user=user).delete()
    kept = User.objects.create_user("grace@example.com", name="Grace")
    profiles.filter(user=kept).delete()
    entries = ActivityEntry.objects.filter(model="profiles.profile").order_by("pk")
    assert [(entry.kind, entry.label) for entry in entries] == [
        ("created", "Ada"),
        ("changed", "Ada"),
        ("deleted", "Ada"),
        ("created", "Grace"),
        ("deleted", ""),  # told from what Django has read, which is not the user
    ]
