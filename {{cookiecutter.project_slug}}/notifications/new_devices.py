"""Tells people that somebody, hopefully they, has signed in to their account from a new device."""

from typing import Any

from django.urls import reverse

from accounts.models import User
from core.dispatch import outside_transaction
from notifications.kinds import Channel, Kind
from notifications.preferences import wanting
from notifications.telling import notify, send_mail

NEW_DEVICE = Kind("new_device", "Somebody signs in to my account from a new device")


def note_new_device(instance: Any, *, user: User, first: bool, using: str, **kwargs: Any) -> None:
    """Tell the user on the site, with a link to the list of their sign-ins."""
    if first:
        return
    owner = wanting(NEW_DEVICE, Channel.SITE, using=using).filter(pk=user.pk)
    text = f"A sign-in from a new device: {described(instance)}"
    notify(owner, NEW_DEVICE, key=f"device:{instance.pk}", text=text, url=reverse("account"))


@outside_transaction
def mail_new_device(instance: Any, *, user: User, first: bool, using: str, **kwargs: Any) -> None:
    """Tell the user by mail when it was, from where, and what to do if it was not them."""
    if first:
        return
    owner = wanting(NEW_DEVICE, Channel.MAIL, using=using).filter(pk=user.pk)
    context = {"event": instance, "device": described(instance)}
    send_mail(owner, "notifications/mail/new_device", context, identity=f"new device {instance.pk}")


def described(event: Any) -> str:
    """From where somebody has signed in."""
    return f"{event.device or 'unknown device'}, {event.ip or 'unknown address'}"
