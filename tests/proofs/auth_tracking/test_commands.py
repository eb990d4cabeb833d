"""``unblock`` takes any argument, ``prune_login_events`` works in batches and leaves nothing of deleted users."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from auth_tracking.models import LoginEvent
from proofs.auth_tracking import fail

pytestmark = pytest.mark.django_db


class TestUnblock:
    def test_of_an_ipv6_address_is_of_its_network(self, capsys: pytest.CaptureFixture[str]) -> None:
        fail(ip="2001:db8::1", times=6)
        call_command("unblock", ip="2001:db8::2")
        assert capsys.readouterr().out == "Attempts from 2001:db8::/64 forgotten: 5.\n"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--ip", "localhost"], '"localhost" is not an IP address. One looks like 192.0.2.1 or 2001:db8::1.'),
            ([], "one of the arguments --user --ip --all is required"),
            (["--all", "--ip", "192.0.2.1"], "not allowed with argument"),
        ],
    )
    def test_says_what_is_wrong(self, arguments: list[str], message: str) -> None:
        with pytest.raises(CommandError, match=message):
            call_command("unblock", *arguments)

    def test_with_the_store_down_says_so(self, settings: Settings) -> None:
        settings.LOCKOUT_STORE = "auth_tracking.stores.NoSuchStore"
        with pytest.raises(CommandError, match=r"The lockout's store is down: .*NoSuchStore"):
            call_command("unblock", all=True)

    def test_shows_a_name_as_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("unblock", user="\x1b[31mred\n")
        assert capsys.readouterr().out == "Attempts of [31mred forgotten: 0.\n"


class TestPrune:
    @pytest.fixture(autouse=True)
    def events(self, user: User) -> None:
        """Sign-ins, from 29.5 to 25.5 days ago; a failure and one of nobody, 29 days ago; a failure today."""
        now = timezone.now()
        signed_in = [
            LoginEvent(kind="signed_in", user=user, number=number, time=now - timedelta(days=30.5 - number))
            for number in range(1, 6)
        ]
        failed = [
            LoginEvent(kind="failed", user=whose, time=now - timedelta(days=days))
            for whose, days in [(user, 29), (None, 29), (user, 0)]
        ]
        LoginEvent.objects.bulk_create([*signed_in, *failed])

    def test_keeps_nothing_of_deleted_users(self, user: User) -> None:
        user.delete()
        call_command("prune_login_events", days=1)
        assert LoginEvent.objects.count() == 1

    def test_forgets_whose_user_was_deleted_unnoticed(self) -> None:
        LoginEvent.objects.create(kind="signed_out", user_id=10**6, name_key="x", ip="192.0.2.1", session="x")
        call_command("prune_login_events", days=28)
        event = LoginEvent.objects.latest("pk")
        assert (event.user_id, event.name_key, event.ip, event.session) == (None, "", None, "")

    def test_works_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.querysets.BATCH_SIZE", 3)
        call_command("prune_login_events", days=28)
        assert LoginEvent.objects.count() == 4

    def test_only_says_how_many_when_asked_to(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_login_events", days=28, dry_run=True)
        assert capsys.readouterr().out == "Login events that would be deleted: 4.\n"
        assert LoginEvent.objects.count() == 8

    def test_counts_beforehand_what_it_deletes(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_login_events", days=0, dry_run=True)
        assert capsys.readouterr().out == "Login events that would be deleted: 7.\n"

    @pytest.mark.parametrize("days", ["-1", "1000000000", "many"])
    def test_says_what_is_wrong(self, days: str) -> None:
        with pytest.raises(CommandError, match=r"--days is|invalid int value"):
            call_command("prune_login_events", "--days", days)
