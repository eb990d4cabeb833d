"""``announce_pages --every`` survives a restarted database, and ends at once when it is asked to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core.signals import rows_written
from pages.models import Page
from proofs.databases import database_url
from subscriptions import following, signals
from subscriptions.models import Announcement


def publish_unseen(slug: str) -> Page:
    """A page that raw SQL has made public."""
    page = Page.objects.create(title=slug, slug=slug)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pages_page SET published_at = %s WHERE id = %s", [timezone.now(), page.pk])
    return page


@pytest.mark.django_db
class TestOnce:
    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["--every", "0"], "--every is 0. It must be from 1 to 86400."),
            (["--every", "-1"], "--every is -1. It must be from 1 to 86400."),
            (["--every", "86401"], "--every is 86401. It must be from 1 to 86400."),
            (["--every", "often"], "invalid int value: 'often'"),
            (["--every", "1", "--quietly"], "--quietly is for one time only, without --every."),
            (["--database", "none"], "invalid choice: 'none'"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_says_what_is_wrong(self, arguments: list[str], reason: str) -> None:
        with pytest.raises(CommandError, match=reason):
            call_command("announce_pages", *arguments)

    def test_works_in_batches(
        self, monkeypatch: pytest.MonkeyPatch, muted: Callable[..., None], capsys: pytest.CaptureFixture[str]
    ) -> None:
        muted(rows_written, signals.announce_written)
        monkeypatch.setattr("subscriptions.announcing.BATCH_SIZE", 3)
        now = timezone.now()
        Page.objects.bulk_create(Page(title=f"{n}", slug=f"{n}", published_at=now) for n in range(7))
        call_command("announce_pages")
        call_command("announce_pages")
        assert capsys.readouterr().out == "Pages announced: 7.\nPages announced: 0.\n"

    def test_quietly_what_is_public_is_taken_for_known(self, draft: Page, reader: object) -> None:
        page = publish_unseen("imported")
        page.author = draft.author
        call_command("announce_pages", quietly=True)
        assert Announcement.objects.get(page=page).published
        assert list(following.readers_to_tell(page, "default")) == []


@pytest.mark.django_db(transaction=True)
class TestEvery:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_goes_on_until_it_is_told_to_end(self, number: signal.Signals) -> None:
        publish_unseen("first")
        with running("1"):
            wait_for(1)
            publish_unseen("second")
            if connection.vendor == "postgresql":
                end_other_connections()
            wait_for(2)
        publish_unseen("third")
        with running("3600") as process:
            wait_for(3)
            time.sleep(0.2)  # it waits for the next time
            process.send_signal(number)
            assert process.wait(60) == 0  # not after an hour


def running(every: str) -> "subprocess.Popen[bytes]":
    """The command in a process of its own. Leaving its block ends it."""

    class Running(subprocess.Popen[bytes]):
        def __exit__(self, *args: object) -> None:
            self.terminate()
            self.wait(10)

    connection.close()
    command = [sys.executable, "manage.py", "announce_pages", "--every", every]
    return Running(command, cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": database_url()})


def wait_for(count: int) -> None:
    """Wait until so many pages are announced."""
    deadline = time.monotonic() + 60
    while Announcement.objects.filter(published=True).count() < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def end_other_connections() -> None:
    """As a database does that is restarted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )
