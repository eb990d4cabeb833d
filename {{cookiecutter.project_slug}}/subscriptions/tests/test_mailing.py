"""Whoever follows the author or a tag of a page gets one mail when it is published."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from pages import publishing
from pages.models import Page, Tag
from subscriptions import mailing, optout
from subscriptions.models import MailOptOut, SentMail, Subscription

Delivered = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def second_reader(tag: Tag) -> User:
    reader = User.objects.create_user("alan@example.com", name="Alan")
    Subscription.objects.create(user=reader, tag=tag)
    return reader


def recipients(mails: list[Any]) -> list[str]:
    """Who has got a mail about the page. Other apps may have sent some too."""
    return sorted(mail.to[0] for mail in mails if mail.subject == "News")


def test_readers_get_one_mail_however_much_they_follow(
    draft: Page, reader: User, second_reader: User, delivered: Delivered, mailoutbox: list[Any]
) -> None:
    with delivered():
        publishing.publish(draft)
    assert recipients(mailoutbox) == ["alan@example.com", "grace@example.com"]


def test_a_page_that_is_published_again_is_not_mailed_again(
    draft: Page, reader: User, delivered: Delivered, mailoutbox: list[Any]
) -> None:
    for _ in range(2):
        with delivered():
            publishing.publish(draft)
        with delivered():
            publishing.unpublish(draft)
    assert recipients(mailoutbox) == ["grace@example.com"]


def test_a_mail_shows_the_page_and_what_the_reader_follows(page: Page, reader: User, mailoutbox: list[Any]) -> None:
    mailing.mail_readers(page, [reader.pk], "default")
    mail = mailoutbox[-1]
    assert mail.subject == "News"
    for text in (mail.body, mail.alternatives[0].content):
        assert "Something has happened." in text
        assert page.get_absolute_url() in text
        assert "Ada, Signals" in text


def test_a_mail_says_how_to_stop_it(page: Page, reader: User, mailoutbox: list[Any], settings: Settings) -> None:
    mailing.mail_readers(page, [reader.pk], "default")
    mail = mailoutbox[-1]
    link = settings.SITE_URL + optout.link(reader.pk)
    assert link in mail.body
    assert mail.extra_headers["List-Unsubscribe"] == f"<{link}>"
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    "change",
    [
        lambda reader, page: MailOptOut.objects.create(user=reader),
        lambda reader, page: Subscription.objects.filter(user=reader).delete(),
        lambda reader, page: User.objects.filter(pk=reader.pk).update(is_active=False),
        lambda reader, page: publishing.unpublish(page),
    ],
    ids=["opting out", "unfollowing", "being deactivated", "the page was taken back"],
)
def test_no_mail_is_sent_after(
    page: Page, reader: User, mailoutbox: list[Any], change: Callable[[User, Page], object]
) -> None:
    change(reader, page)
    mailing.mail_readers(page, [reader.pk], "default")
    assert recipients(mailoutbox) == []


class TestFailures:
    @pytest.fixture
    def server(self, monkeypatch: pytest.MonkeyPatch) -> MagicMock:
        """A mail server: ``server.send_messages`` was called for each mail, and can be made to fail."""
        server = MagicMock()
        server.__enter__.return_value = server
        monkeypatch.setattr(mailing, "mail_server", lambda: server)
        return server

    def test_an_unknown_address_is_logged_and_the_others_get_their_mail(
        self, page: Page, reader: User, second_reader: User, server: MagicMock, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.send_messages.side_effect = [SMTPRecipientsRefused({"grace@example.com": (550, b"No such user")}), 1]
        mailing.mail_readers(page, [reader.pk, second_reader.pk], "default")
        assert f"User {reader.pk} cannot get mail" in caplog.text
        assert SentMail.objects.filter(page=page, done=True).count() == 2

    def test_only_what_was_refused_for_now_is_sent_again(
        self, page: Page, reader: User, second_reader: User, server: MagicMock
    ) -> None:
        keys = [reader.pk, second_reader.pk]
        server.send_messages.side_effect = [SMTPRecipientsRefused({"grace@example.com": (450, b"Try later")}), 1, 1]
        with pytest.raises(SMTPRecipientsRefused):
            mailing.mail_readers(page, keys, "default")
        mailing.mail_readers(page, keys, "default")
        mailing.mail_readers(page, keys, "default")
        mailed = [call.args[0][0].to[0] for call in server.send_messages.call_args_list]
        assert mailed == ["grace@example.com", "alan@example.com", "grace@example.com"]

    def test_a_mail_claimed_by_another_worker_is_not_sent_until_the_claim_expires(
        self, page: Page, reader: User, server: MagicMock
    ) -> None:
        SentMail.objects.create(page=page, user=reader)
        with pytest.raises(mailing.ClaimedError):
            mailing.mail_readers(page, [reader.pk], "default")
        server.send_messages.assert_not_called()
        SentMail.objects.update(time=timezone.now() - mailing.CLAIM_HOLDS - timedelta(seconds=1))
        mailing.mail_readers(page, [reader.pk], "default")
        server.send_messages.assert_called_once()
