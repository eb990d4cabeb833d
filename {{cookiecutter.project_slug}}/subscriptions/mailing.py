"""The mail that tells a reader of a page, each reader once, whatever breaks down meanwhile.

Before a mail is sent, it is claimed, by a row that can be there only once; when the mail server has accepted it, the
row says so. So of two workers at the same time one sends it. A worker that is killed leaves a claim behind, which holds
for ``CLAIM_HOLDS``: then this one mail, of which nobody knows whether it was accepted, is sent once more, with the same
``Message-ID``.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.policy import Policy
from functools import reduce
from itertools import groupby
from operator import or_
from smtplib import SMTPDataError, SMTPNotSupportedError, SMTPRecipientsRefused
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import User
from core.mail import compose
from core.transactions import savepoint
from pages.models import Page
from subscriptions import following, optout
from subscriptions.models import SentMail, Subscription

logger = logging.getLogger(__name__)

# Longer than it may take to send one mail.
CLAIM_HOLDS = timedelta(minutes=2)
# As many rows are forgotten with each batch of mails, which makes at most half as many.
FORGOTTEN_AT_ONCE = 2 * following.BATCH_SIZE


class Unfolded(str):
    """A header that stays on one line. Left to itself, Python breaks a long address up, and encodes the pieces."""

    name: str

    def __new__(cls, name: str, value: str) -> "Unfolded":
        """The header ``name: value``."""
        header = super().__new__(cls, value)
        header.name = name
        return header

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """What a copy is made with: mail backends copy and pickle messages."""
        return self.name, str(self)

    def fold(self, *, policy: Policy) -> str:
        """The line, as it is sent."""
        return f"{self.name}: {self}{policy.linesep}"


class ClaimedError(Exception):
    """Somebody else is just sending the mail."""


class Reader(NamedTuple):
    """Who is to get the mail, and why: what of the page they follow."""

    user: User
    follows: list[str]


def mail_readers(page: Page, keys: list[int], using: str) -> None:
    """Mail those of these readers who want mail of what they follow, follow the page still, and have not got it.

    An address that is refused for good is logged, and not tried again. Raises whatever else keeps a mail from being
    sent: at once if it concerns all, else when the others have got theirs. Called again, it goes on where it stopped.
    """
    forget_old_mails(using)
    news = news_of(page, using)
    readers = readers_without_mail(news, keys, using) if news else []
    if news is None or not readers:
        return
    failure: Exception | None = None
    with mail_server() as server:
        for reader in readers:
            try:
                send(server, news, reader, using)
            except (ClaimedError, SMTPRecipientsRefused, SMTPDataError) as error:
                failure = error
    if failure:
        raise failure


def news_of(page: Page, using: str) -> Page | None:
    """The page as it is now; None if it is public no longer, or its readers were found too long ago."""
    oldest = timezone.now() - SentMail.KEPT
    told = Page.objects.using(using).filter(
        announcement__published=True, announcement__readers_told_at__gte=oldest, published_at__isnull=False
    )
    return told.select_related("author").filter(pk=page.pk).first()


def readers_without_mail(page: Page, keys: list[int], using: str) -> list[Reader]:
    """Those of these users who are to get the mail."""
    followed = following.followed(page, using)
    if not followed:
        return []
    mailed = SentMail.objects.using(using).filter(page=page, user=OuterRef("user"), done=True)
    subscriptions = (
        Subscription.objects.using(using)
        .filter(reduce(or_, followed), ~Exists(mailed), user__in=keys, user__is_active=True, user__mailoptout=None)
        .select_related("user", "tag", "author")
        .order_by("user_id", "pk")
    )
    by_user = groupby(subscriptions, key=lambda each: each.user)
    return [Reader(user, [str(each.followed) for each in theirs]) for user, theirs in by_user]


def send(server: BaseEmailBackend, page: Page, reader: Reader, using: str) -> None:
    """Send one mail, unless somebody else is just doing that."""
    message = page_mail(page, reader)
    with claimed(page, reader.user, using) as claim:
        try:
            server.send_messages([message])
        except (SMTPRecipientsRefused, SMTPNotSupportedError, ValueError) as error:
            if isinstance(error, SMTPRecipientsRefused) and not refused_for_good(error):
                raise
            logger.warning("User %s cannot get mail, and was not told of page %s: %s", reader.user.pk, page.pk, error)
        claim.update(done=True, time=timezone.now())


@contextmanager
def claimed(page: Page, user: User, using: str) -> Iterator[QuerySet[SentMail]]:
    """Keep others from sending the mail meanwhile. The claim is given back if the block fails.

    Raises ClaimedError if somebody else has claimed it.
    """
    claim = SentMail.objects.using(using).filter(page=page, user=user, done=False)
    try:
        with savepoint(using):
            SentMail.objects.using(using).create(page=page, user=user)
    except IntegrityError as error:
        now = timezone.now()
        if not claim.filter(time__lt=now - CLAIM_HOLDS).update(time=now):
            raise ClaimedError(f"Somebody else is sending user {user.pk} the mail of page {page.pk}.") from error
    try:
        yield claim
    except BaseException:
        claim.delete()
        raise


def refused_for_good(error: SMTPRecipientsRefused) -> bool:
    """Whether the server would refuse the address again. Numbers below 500 mean: not now."""
    return all(code >= 500 for code, _ in error.recipients.values())


def page_mail(page: Page, reader: Reader) -> EmailMultiAlternatives:
    """The mail that tells a reader of a page. Its headers let mail programs offer to stop it (RFC 2369, RFC 8058)."""
    unsubscribe = settings.SITE_URL + optout.link(reader.user.pk)
    lines = {
        "List-Id": f"<subscriptions.{urlsplit(settings.SITE_URL).hostname}>",
        "List-Unsubscribe": f"<{unsubscribe}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "Precedence": "list",
    }
    headers: dict[str, str] = {name: Unfolded(name, value) for name, value in lines.items()}
    context = {"page": page, "reader": reader, "unsubscribe": unsubscribe}
    identity = f"page {page.pk} for user {reader.user.pk}"
    return compose("subscriptions/page_mail", reader.user.email, context, identity=identity, headers=headers)


def mail_server() -> BaseEmailBackend:
    """The site's: within its ``with`` block all mails go over one connection."""
    # Django 6.1 knows several, by their names; before, there was one.
    return mail.mailers.default if hasattr(mail, "mailers") else mail.get_connection()


def forget_old_mails(using: str) -> None:
    """Forget some of the mails that need not be known any more."""
    # A day later than needed: the clocks of several machines differ.
    old = SentMail.objects.using(using).filter(time__lt=timezone.now() - SentMail.KEPT - timedelta(days=1))
    some = list(old.order_by("time").values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
    if some:
        SentMail.objects.using(using).filter(pk__in=some).delete()
