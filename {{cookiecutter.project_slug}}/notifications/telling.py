"""Telling people: on the site, and by mail."""

from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils.text import Truncator

from accounts.models import User
from core import mail
from core.actors import storable
from notifications.kinds import Kind
from notifications.models import Notification

BATCH_SIZE = 1000


def notify(users: QuerySet[User], kind: Kind, *, key: str, text: str, url: str = "") -> None:
    """Tell ``users`` on the site; those who were told already, under the same ``key``, are left alone.

    The users have to be in the same order whoever calls: two deliveries at once then wait for each other, and there is
    no deadlock.
    """
    text = line(text, 300)
    keys = users.values_list("pk", flat=True)
    # Not ``users.db``: that is where they are read, which may be a replica.
    using = users._db or router.db_for_write(Notification)  # type: ignore[attr-defined]
    Notification.objects.using(using).bulk_create(
        [Notification(user_id=user, kind=kind.name, key=key, text=text, url=url) for user in keys],
        batch_size=BATCH_SIZE,
        ignore_conflicts=True,
    )


def send_mail(users: QuerySet[User], template: str, context: dict[str, Any], *, identity: str) -> None:
    """Send a mail to the one among ``users``, if there is one. Raises what the mail server has against it.

    One, since where a mail to one of many is refused, and all is tried again, the others would get theirs again. The
    template finds ``greeting`` beside ``context``.
    """
    if user := users.first():
        context = {"greeting": mail.greeting(str(user)), **context}
        mail.send(mail.compose(template, user.email, context, identity=identity))


def line(text: str, length: int) -> str:
    """``text`` on one line, as long as it may be, and as any database can hold it."""
    return Truncator(" ".join(storable(text).split())).chars(length)
