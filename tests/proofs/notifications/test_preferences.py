"""Switches take any input, cost one query, and leave the account page usable when they cannot be read."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from notifications import kinds
from notifications.kinds import Channel, Kind
from notifications.models import Preference
from notifications.preferences import set_switches, wanting
from proofs.databases import table_missing

pytestmark = pytest.mark.django_db

NEWS = Kind("news", "There is news")
BACKUP = Kind("backup", "The backup failed", channels=(Channel.MAIL,), audience="admins")


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kinds, and no others."""
    monkeypatch.setattr(kinds, "_offered", {})
    kinds.offer(NEWS)
    kinds.offer(BACKUP)


def off(user: User) -> set[tuple[str, str]]:
    """What somebody has switched off."""
    return set(Preference.objects.filter(user=user).values_list("kind", "channel"))


class TestWanting:
    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database(self, other_database: str, user: User) -> None:
        there = User.objects.db_manager(other_database).create_user("there@example.com")
        assert list(wanting(NEWS, Channel.SITE, using=other_database)) == [there]


class TestSwitches:
    def test_that_are_not_offered_change_nothing(self, user: User) -> None:
        Preference.objects.create(user=user, kind="gone", channel="site")
        names = ["gone:site", "backup:mail", "news", "news:", ":", "\0", "news:site\0", "x" * 10_000]
        set_switches(user, shown=names, on=names)
        set_switches(user, shown=names, on=[])
        assert off(user) == {("gone", "site")}

    def test_of_others_stay(self, user: User, admin: User) -> None:
        set_switches(user, shown=["news:site"], on=[])
        set_switches(admin, shown=["news:site"], on=["news:site"])
        assert off(user) == {("news", "site")}

    def test_set_twice_are_set_once(self, user: User) -> None:
        for _ in range(2):
            set_switches(user, shown=["news:site"], on=[])
        assert off(user) == {("news", "site")}


class TestOnTheAccountPage:
    def test_cost_one_query(
        self, signed_in: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        settings.PARTS = {place: [] for place in settings.PARTS} | {"account": ["notifications/account_panel.html"]}
        # Session, user; what is switched off, in a savepoint, as the test is in a transaction.
        with django_assert_num_queries(2 + 3):
            signed_in.get(reverse("account"))

    @pytest.mark.django_db(transaction=True)
    def test_that_cannot_be_read_leave_the_page(self, signed_in: Client, caplog: pytest.LogCaptureFixture) -> None:
        with table_missing(Preference):
            assert "They cannot be shown right now." in signed_in.get(reverse("account")).text
        assert "The switches cannot be shown." in caplog.text

    def test_are_not_shown_where_there_are_none(self, signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(kinds, "_offered", {"backup": BACKUP})
        text = signed_in.get(reverse("account")).text
        assert 'name="shown"' not in text
        assert "<h2>Notifications</h2>" in text

    def test_are_for_those_who_are_signed_in(self, client: Client) -> None:
        assert client.post(reverse("notifications:switches"), {"shown": "news:site"}).status_code == 302
        assert not Preference.objects.exists()

    def test_are_not_set_by_a_link(self, signed_in: Client) -> None:
        assert signed_in.get(reverse("notifications:switches")).status_code == 405
