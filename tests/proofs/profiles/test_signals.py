"""Users and profiles stay in step: through proxies, in other databases, at once, and when a deletion fails halfway."""

import importlib
import re
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save, pre_delete
from django.test import Client
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.urls import reverse

from accounts.models import User
from profiles import signals
from profiles.models import Profile
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db


PASSWORD = "correct horse 9"


def bulk_user(email: str = "ada@example.com") -> User:
    """A user that signals never saw."""
    return User.objects.bulk_create([User(email=email)])[0]


class TestCreateProfile:
    def test_leaves_a_profile_as_it_is(self) -> None:
        user = bulk_user()
        Profile.objects.create(user=user, bio="Mine")
        signals.create_profile(user, created=True, raw=False, using="default")
        assert Profile.objects.get().bio == "Mine"


class TestEveryUserHasAProfile:
    @isolate_apps("accounts")
    def test_that_is_made_through_a_proxy_of_user(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Customer(User):
            class Meta:
                proxy = True
                app_label = "accounts"

        monkeypatch.setattr("core.wiring.apps.get_models", lambda: [User, Customer, Profile])
        apps.get_app_config("profiles").ready()
        try:
            Customer.objects.create_user("ada@example.com")
        finally:
            post_save.disconnect(sender=Customer, dispatch_uid="profiles.signals.create_profile")
        assert Profile.objects.get().user.email == "ada@example.com"

    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database(self, other_database: str) -> None:
        user = User.objects.db_manager(other_database).create_user("ada@example.com")
        assert Profile.objects.using(other_database).get().user == user
        assert not Profile.objects.using("default").exists()

    def test_at_the_cost_of_four_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            User.objects.create_user("ada@example.com")
        ours = re.compile(r'SAVEPOINT|RELEASE|.*"(accounts_user|profiles_profile)"')  # not those of other apps
        # The user; the look for a profile, SAVEPOINT, the profile, RELEASE.
        assert len([query for query in queries if ours.match(query["sql"])]) == 5

    def test_that_signs_up(self, client: Client) -> None:
        answers = {"email": "ada@example.com", "name": "Ada", "password1": PASSWORD, "password2": PASSWORD}
        client.post(reverse("sign_up"), answers)
        assert Profile.objects.get().user.email == "ada@example.com"

    def test_that_the_admin_adds(self, admin_client: Client) -> None:
        answers = {"email": "ada@example.com", "name": "Ada", "usable_password": "false"}
        admin_client.post(reverse("admin:accounts_user_add"), answers)
        assert Profile.objects.filter(user__email="ada@example.com").exists()

    def test_that_createsuperuser_makes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        call_command("createsuperuser", interactive=False, email="ada@example.com", name="Ada", verbosity=0)
        assert Profile.objects.get().user.email == "ada@example.com"

    def test_unless_the_transaction_is_rolled_back(self) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            User.objects.create_user("ada@example.com")
            raise RuntimeError
        assert not Profile.objects.exists()


class TestDeletion:
    @pytest.fixture
    def user(self) -> User:
        User.objects.create_user("grace@example.com")  # who must stay
        return User.objects.create_user("ada@example.com")

    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database(self, other_database: str, user: User) -> None:
        there = User.objects.db_manager(other_database).create_user("ada@example.com")
        Profile.objects.using(other_database).get(user=there).delete()
        assert not User.objects.using(other_database).exists()
        assert User.objects.using("default").count() == 2

    def test_that_failed_halfway_leaves_users_who_still_have_a_profile(self, user: User) -> None:
        def fail(**kwargs: object) -> None:
            raise RuntimeError

        profiles = Profile.objects.filter(bio="")
        pre_delete.connect(fail, sender=Profile)
        with pytest.raises(RuntimeError), transaction.atomic():
            profiles.delete()
        pre_delete.disconnect(fail, sender=Profile)
        Profile.objects.filter(user=user).update(bio="Mine")
        profiles.delete()
        assert User.objects.get() == user

    @isolate_apps("profiles")
    def test_that_began_at_a_proxy_began_at_a_profile(self, user: User) -> None:
        class ProfileProxy(Profile):
            class Meta:
                proxy = True
                app_label = "profiles"

        origin = ProfileProxy.objects.filter(user=user)
        signals.keep_user(origin.get(), origin=origin)
        origin._raw_delete("default")
        signals.delete_users(ProfileProxy, origin=origin, using="default")
        assert [user.email for user in User.objects.all()] == ["grace@example.com"]

    def test_that_began_elsewhere_is_left_to_where_it_began(self, user: User) -> None:
        for origin in (user, User.objects.all()):
            signals.keep_user(user.profile, origin=origin)
            signals.delete_users(Profile, origin=origin, using="default")
        assert User.objects.count() == 2


def test_a_fixture_with_natural_keys_brings_a_profile_to_its_own_user(tmp_path: Any) -> None:
    ada = User.objects.create_user("ada@example.com")
    Profile.objects.filter(user=ada).update(bio="Ada's")
    key, profile, file = ada.pk, ada.profile.pk, tmp_path / "people.json"
    natural = {"use_natural_primary_keys": True, "use_natural_foreign_keys": True}
    call_command("dumpdata", "accounts", "profiles", output=str(file), verbosity=0, **natural)
    ada.delete()
    (grace,) = User.objects.bulk_create([User(pk=key, email="grace@example.com")])  # where Ada was
    Profile.objects.create(pk=profile, user=grace, bio="Grace's")

    for _ in range(2):
        call_command("loaddata", str(file), verbosity=0)
    bios = {profile.user.email: profile.bio for profile in Profile.objects.all()}
    assert bios == {"ada@example.com": "Ada's", "grace@example.com": "Grace's"}


class TestWiring:
    def test_a_reloaded_module_is_not_connected_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("create_profile", "keep_user", "delete_users"):
            monkeypatch.setattr(signals, name, getattr(signals, name))  # put back after the test
        before = len(post_save.receivers), len(post_delete.receivers)
        importlib.reload(signals)
        apps.get_app_config("profiles").ready()
        assert (len(post_save.receivers), len(post_delete.receivers)) == before

    def test_each_receiver_is_connected_under_its_dotted_path(self) -> None:
        assert post_save.disconnect(sender=User, dispatch_uid="profiles.signals.create_profile")
        assert pre_delete.disconnect(sender=Profile, dispatch_uid="profiles.signals.keep_user")
        assert post_delete.disconnect(sender=Profile, dispatch_uid="profiles.signals.delete_users")
        apps.get_app_config("profiles").ready()


@pytest.mark.django_db(transaction=True)
def test_users_made_at_once_each_get_one_profile() -> None:
    def make_users(number: int) -> None:
        for count in range(5):
            User.objects.create_user(f"user-{number}-{count}@example.com")

    run_at_once(*[partial(make_users, number) for number in range(6)])
    assert User.objects.count() == Profile.objects.count() == 30


def test_fixtures_with_users_and_profiles_load(tmp_path: Any) -> None:
    user = User.objects.create_user("ada@example.com")
    Profile.objects.filter(user=user).update(bio="From the fixture")
    file = tmp_path / "people.json"
    call_command("dumpdata", "accounts", "profiles", output=str(file), verbosity=0)
    user.delete()

    call_command("loaddata", str(file), verbosity=0)
    call_command("loaddata", str(file), verbosity=0)
    assert Profile.objects.get().bio == "From the fixture"
