"""``unblock`` and ``prune_login_events``."""

import io
import time
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from tqdm import tqdm

from accounts.models import User
from auth_tracking import lockout
from auth_tracking.models import LoginAttempt, LoginEvent
from auth_tracking.stores import DatabaseStore
from core import pruning
from proofs.auth_tracking import fail

pytestmark = pytest.mark.django_db


class TestUnblock:
    def test_of_a_user_lets_the_name_try_again_from_anywhere(self, capsys: pytest.CaptureFixture[str]) -> None:
        fail(times=6)
        fail(ip="198.51.100.1", times=2)
        call_command("unblock", user="ADA@example.com")
        assert capsys.readouterr().out == "Attempts of ADA@example.com forgotten: 7.\n"
        assert fail().status_code == 200

    def test_of_an_address_lets_it_try_any_name_again(self, capsys: pytest.CaptureFixture[str]) -> None:
        fail(times=6)
        call_command("unblock", ip="203.0.113.7")
        assert capsys.readouterr().out == "Attempts from 203.0.113.7 forgotten: 5.\n"
        assert fail().status_code == 200

    def test_of_an_ipv6_address_is_of_its_network(self, capsys: pytest.CaptureFixture[str]) -> None:
        fail(ip="2001:db8::1", times=6)
        call_command("unblock", ip="2001:db8::2")
        assert capsys.readouterr().out == "Attempts from 2001:db8::/64 forgotten: 5.\n"

    def test_of_all(self, capsys: pytest.CaptureFixture[str]) -> None:
        fail(times=6)
        fail(name="grace@example.com", ip="198.51.100.1")
        call_command("unblock", all=True)
        assert capsys.readouterr().out == "Attempts of all forgotten: 6.\n"
        assert fail().status_code == 200

    def test_of_what_is_not_blocked_says_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("unblock", user="nobody@example.com")
        assert capsys.readouterr().out == "Attempts of nobody@example.com forgotten: 0.\n"

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

    def test_deletes_what_is_older(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_login_events", days=28)
        assert capsys.readouterr().out == "Login events deleted: 4.\n"
        assert list(LoginEvent.objects.order_by("pk").values_list("kind", "number")) == [
            ("signed_in", 3),
            ("signed_in", 4),
            ("signed_in", 5),
            ("failed", None),
        ]

    def test_keeps_the_last_sign_in_of_each_user_and_so_the_count(
        self, client: Client, user: User, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("prune_login_events", days=0)
        assert capsys.readouterr().out == "Login events deleted: 7.\n"
        assert LoginEvent.objects.get().number == 5
        client.force_login(user)
        assert "You have signed in 6 times." in client.get(reverse("account")).text

    def test_keeps_nothing_of_deleted_users(self, user: User) -> None:
        user.delete()
        call_command("prune_login_events", days=1)
        assert LoginEvent.objects.count() == 1

    def test_forgets_whose_user_was_deleted_unnoticed(self) -> None:
        LoginEvent.objects.create(kind="signed_out", user_id=10**6, name_key="x", ip="192.0.2.1", session="x")
        call_command("prune_login_events", days=28)
        event = LoginEvent.objects.latest("pk")
        assert (event.user_id, event.name_key, event.ip, event.session) == (None, "", None, "")

    def test_only_says_how_many_when_asked_to(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_login_events", days=28, dry_run=True)
        assert capsys.readouterr().out == "Login events that would be deleted: 4.\n"
        assert LoginEvent.objects.count() == 8

    def test_works_in_batches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.querysets.BATCH_SIZE", 3)
        call_command("prune_login_events", days=28)
        assert LoginEvent.objects.count() == 4

    def test_counts_beforehand_what_it_deletes(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_login_events", days=0, dry_run=True)
        assert capsys.readouterr().out == "Login events that would be deleted: 7.\n"

    def test_shows_no_bar_where_nobody_watches(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_login_events", days=28)
        assert capsys.readouterr().err == ""

    def test_shows_a_bar(self, monkeypatch: pytest.MonkeyPatch) -> None:
        screen = io.StringIO()
        monkeypatch.setattr(pruning, "tqdm", partial(tqdm, file=screen))
        monkeypatch.setattr(screen, "isatty", lambda: True)
        call_command("prune_login_events", days=28)
        assert "4/4" in screen.getvalue()

    def test_forgets_attempts_that_no_longer_count(self, settings: Settings) -> None:
        settings.LOCKOUT_STORE = "auth_tracking.stores.DatabaseStore"
        limits = settings.LOCKOUT_LIMITS
        DatabaseStore().take("old", "", now=time.time() - settings.LOCKOUT_WINDOW - 1, window=900, limits=limits)
        lockout.take(None, "new")
        call_command("prune_login_events", days=28)
        assert LoginAttempt.objects.count() == 1

    @pytest.mark.parametrize("days", ["-1", "1000000000", "many"])
    def test_says_what_is_wrong(self, days: str) -> None:
        with pytest.raises(CommandError, match=r"--days is|invalid int value"):
            call_command("prune_login_events", "--days", days)
