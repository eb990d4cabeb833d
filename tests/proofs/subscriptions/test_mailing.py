"""With a real mail server that refuses, hangs or dies, and workers that are killed, each reader gets one mail."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.core.signing import Signer
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from pages import publishing
from pages.models import Page, Tag
from proofs.databases import database_url
from proofs.smtp import MailServer
from proofs.subscriptions import follow
from proofs.threads import run_at_once
from subscriptions import mailing, signals
from subscriptions.models import Announcement, MailOptOut, SentMail, Subscription
from testing.signals import muted

pytestmark = pytest.mark.django_db

Delivered = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def page(draft: Page) -> Page:
    """Published, and its readers are just being told."""
    publishing.publish(draft)
    Announcement.objects.update(readers_told_at=timezone.now())
    return draft


@pytest.fixture
def readers(page: Page, tag: Tag) -> list[int]:
    return [user.pk for user in follow(tag, 5)]


def mail(page: Page, readers: list[int]) -> None:
    mailing.mail_readers(page, readers, "default")


def told(smtp: MailServer) -> list[str]:
    """Whom these mails went to. Other apps may have sent some too."""
    return [message["To"] for message in smtp.messages if "List-Id" in message]


def addresses(*numbers: int) -> list[str]:
    return [f"reader-{number}@example.com" for number in numbers]


class TestMail:
    def test_comes_when_the_page_is_published_again_to_those_who_had_not_got_it(
        self, draft: Page, reader: User, delivered: Delivered, smtp: MailServer
    ) -> None:
        with muted(signals.readers_found), delivered():
            publishing.publish(draft)
        assert told(smtp) == []
        with delivered():
            publishing.unpublish(draft)
            publishing.publish(draft)
        assert told(smtp) == ["grace@example.com"]

    def test_has_the_headers_that_mail_programs_ask_for(
        self, page: Page, reader: User, smtp: MailServer, settings: Settings
    ) -> None:
        settings.SITE_URL = f"https://{'long.' * 20}example.com"
        mail(page, [reader.pk])
        (message,) = smtp.messages
        token = Signer(salt="subscriptions.optout").sign(str(reader.pk))
        headers = {name: value.strip() for name, value in message.raw_items()}
        assert headers["List-Unsubscribe"] == f"<{settings.SITE_URL}/subscriptions/unsubscribe/{token}/>"
        assert headers["List-Id"] == f"<subscriptions.{'long.' * 20}example.com>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Precedence"] == "list"
        assert "grace" not in token

    @pytest.mark.parametrize("copied", [copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
    def test_can_be_copied_and_pickled(
        self, page: Page, reader: User, smtp: MailServer, settings: Settings, copied: Callable[[Any], Any]
    ) -> None:
        settings.SITE_URL = f"https://{'long.' * 20}example.com"
        message = mailing.page_mail(page, mailing.Reader(reader, ["Signals"]))
        copied(message).send()
        message.send()
        of_copy, of_message = (dict(sent.raw_items()) for sent in smtp.messages)
        assert of_copy["List-Unsubscribe"] == of_message["List-Unsubscribe"]
        assert of_copy["List-Unsubscribe"].strip().startswith(f"<{settings.SITE_URL}/subscriptions/unsubscribe/")

    @pytest.mark.parametrize("title", ["<b>\r\nBcc: eve@example.com", "Grüße 👋", "x" * 200])
    def test_of_any_page_holds_no_more_than_it_should(
        self, page: Page, reader: User, smtp: MailServer, title: str
    ) -> None:
        Page.objects.update(title=title, body="<script>" + "long " * 20_000)
        mail(page, [reader.pk])
        (message,) = smtp.messages
        assert message["Subject"].strip() == " ".join(title.split())
        assert message["Bcc"] is None
        assert len(message.as_bytes()) < 10_000
        html = message.get_body(("html",))
        assert html is not None
        assert "<script>" not in html.get_content()
        assert "<b>" not in html.get_content()

    @pytest.mark.parametrize("what", ["unpublished", "unpublished unseen", "deleted", "told long ago", "without tags"])
    def test_does_not_come_of_a_page_that_is(self, page: Page, readers: list[int], smtp: MailServer, what: str) -> None:
        gone = Page.objects.get()
        match what:
            case "unpublished":
                publishing.unpublish(page)
            case "unpublished unseen":
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE pages_page SET published_at = NULL")
            case "deleted":
                page.delete()
            case "told long ago":
                Announcement.objects.update(readers_told_at=timezone.now() - SentMail.KEPT)
            case "without tags":
                page.tags.clear()
                Page.objects.update(author=None)
        mail(gone, readers)
        assert smtp.messages == []

    def test_does_not_come_to_those_who_want_none_or_follow_no_longer(
        self, page: Page, tag: Tag, readers: list[int], smtp: MailServer
    ) -> None:
        MailOptOut.objects.create(user_id=readers[0])
        User.objects.filter(pk=readers[1]).update(is_active=False)
        Subscription.objects.filter(user=readers[2]).delete()
        User.objects.get(pk=readers[3]).delete()
        mail(page, readers)
        assert smtp.recipients == addresses(4)

    def test_says_what_has_become_of_the_page_meanwhile(self, page: Page, readers: list[int], smtp: MailServer) -> None:
        Page.objects.update(title="Newer")
        mail(page, readers[:1])
        assert smtp.messages[0]["Subject"] == "Newer"


class TestBatch:
    def test_goes_over_one_connection(self, page: Page, readers: list[int], smtp: MailServer) -> None:
        mail(page, readers)
        assert smtp.recipients == addresses(0, 1, 2, 3, 4)
        assert smtp.connections == 1

    def test_costs_two_statements_for_each_mail_and_a_few_more(
        self, page: Page, readers: list[int], smtp: MailServer
    ) -> None:
        counts = []
        for keys in (readers[:1], readers[1:]):
            with CaptureQueriesContext(connection) as queries:
                mail(page, keys)
            counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
        assert counts == [4 + 2, 4 + 2 * 4]  # what is old, the page, its tags, the readers

    def test_forgets_what_is_old(self, page: Page, readers: list[int], smtp: MailServer) -> None:
        old = timezone.now() - SentMail.KEPT - timedelta(days=2)
        SentMail.objects.bulk_create(SentMail(page=page, user_id=10**6 + n, time=old) for n in range(500))
        mail(page, readers)
        assert SentMail.objects.filter(time=old).count() == 100
        assert SentMail.objects.count() == 105

    def test_that_has_nobody_to_tell_needs_no_server(
        self, page: Page, readers: list[int], smtp: MailServer, settings: Settings
    ) -> None:
        mail(page, readers)
        mail(page, readers)
        assert smtp.connections == 1
        assert len(smtp.messages) == 5


class TestFailure:
    @pytest.mark.parametrize("address", ["no address", "ada@" + "x" * 70 + ".example", "\u00e4@example.com"])
    def test_so_is_what_is_no_address(
        self, page: Page, readers: list[int], smtp: MailServer, address: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        User.objects.filter(pk=readers[1]).update(email=address)
        mail(page, readers)
        assert set(smtp.recipients) >= set(addresses(0, 2, 3, 4))

    def test_a_server_that_breaks_off_is_tried_again_from_there(
        self, page: Page, readers: list[int], smtp: MailServer
    ) -> None:
        smtp.breaks_off_after = 3
        with pytest.raises(SMTPServerDisconnected):
            mail(page, readers)
        mail(page, readers)
        assert smtp.recipients == addresses(0, 1, 2, 2, 3, 4)  # nobody knew whether it was accepted
        assert smtp.messages[2]["Message-ID"] == smtp.messages[3]["Message-ID"]

    def test_a_server_that_hangs_is_tried_again(self, page: Page, readers: list[int], smtp: MailServer) -> None:
        smtp.hangs = 5
        with pytest.raises(OSError, match="timed out"):
            mail(page, readers)
        smtp.hangs = 0
        mail(page, readers)
        assert smtp.recipients == addresses(0, 1, 2, 3, 4)

    def test_an_address_that_is_refused_for_good_is_logged_and_the_others_get_theirs(
        self, page: Page, readers: list[int], smtp: MailServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        smtp.answers["reader-1@example.com"] = "550 No such user"
        mail(page, readers)
        assert smtp.recipients == addresses(0, 2, 3, 4)
        assert f"User {readers[1]} cannot get mail" in caplog.text
        smtp.answers.clear()
        mail(page, readers)
        assert len(smtp.messages) == 4

    def test_an_address_that_is_refused_for_now_is_tried_again(
        self, page: Page, readers: list[int], smtp: MailServer
    ) -> None:
        smtp.answers["reader-1@example.com"] = "450 Try again later"
        with pytest.raises(SMTPRecipientsRefused):
            mail(page, readers)
        assert smtp.recipients == addresses(0, 2, 3, 4)
        smtp.answers.clear()
        mail(page, readers)
        assert smtp.recipients == addresses(0, 2, 3, 4, 1)

    def test_a_server_that_is_down_is_tried_again(self, page: Page, readers: list[int], smtp: MailServer) -> None:
        smtp.stop()
        with pytest.raises(OSError, match="refused"):
            mail(page, readers)
        smtp.start()
        mail(page, readers)
        assert smtp.recipients == addresses(0, 1, 2, 3, 4)


WORKER = """
import sys, django
django.setup()
from django.conf import settings
from pages.models import Page
from subscriptions import mailing
mailing.mail_readers(Page.objects.get(), [int(key) for key in sys.argv[1:]], "default")
"""


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_of_several_at_once_each_mail_is_sent_by_one(self, page: Page, tag: Tag, smtp: MailServer) -> None:
        readers = [user.pk for user in follow(tag, 60)]

        def work() -> None:
            try:
                mail(page, readers)
            except mailing.ClaimedError:
                time.sleep(0.2)
                work()

        run_at_once(*[work] * 4)
        assert len(smtp.messages) == 60
        assert sorted(smtp.recipients) == sorted(addresses(*range(60)))

    def test_one_that_is_killed_repeats_one_mail_at_most(
        self, page: Page, tag: Tag, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        readers = [user.pk for user in follow(tag, 30)]
        smtp.hangs = 0.02
        environment = {
            "DATABASE_URL": database_url(),
            "DEFAULT_FROM_EMAIL": "site@example.com",
            "EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        command = [sys.executable, "-c", WORKER, *map(str, readers)]
        connection.close()
        for accepted in (5, 12, 20):
            worker = subprocess.Popen(command, cwd=site_settings.BASE_DIR, env=os.environ | environment)
            while len(smtp.messages) < accepted:
                time.sleep(0.005)
                assert worker.poll() is None
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            SentMail.objects.filter(done=False).update(time=timezone.now() - mailing.CLAIM_HOLDS)
        mail(page, readers)
        assert set(smtp.recipients) == set(addresses(*range(30)))
        assert len(smtp.messages) <= 30 + 3
        assert len({message["Message-ID"] for message in smtp.messages}) == 30


def test_a_claim_is_given_back_by_whoever_is_stopped(page: Page, reader: User) -> None:
    with pytest.raises(KeyboardInterrupt), mailing.claimed(page, reader, "default"):
        raise KeyboardInterrupt
    assert not SentMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_readers_of_many_batches_get_one_mail_each(
    draft: Page, tag: Tag, smtp: MailServer, delivered: Delivered
) -> None:
    follow(tag, 450)
    with transaction.atomic(), delivered():
        publishing.publish(draft)
    assert sorted(told(smtp)) == sorted(addresses(*range(450)))
