"""Who wants to be told of what, and how."""

from collections.abc import Collection
from typing import NamedTuple

from django.db import router, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from notifications.kinds import Channel, Kind, offered_to
from notifications.models import Preference


class Switch(NamedTuple):
    """Whether a person is told of something by one channel."""

    name: str
    channel: Channel
    on: bool


def wanting(kind: Kind, channel: Channel, *, using: str) -> QuerySet[User]:
    """Active users whom ``kind`` is for and who have not switched it off for ``channel``, always in the same order."""
    off = Preference.objects.filter(user=OuterRef("pk"), kind=kind.name, channel=channel)
    users = User.objects.using(using).filter(~Exists(off), is_active=True).order_by("pk")
    return users.filter(is_superuser=True) if kind.audience == "admins" else users


def switches_of(user: User) -> dict[Kind, list[Switch]]:
    """The switches that ``user`` has."""
    off = set(Preference.objects.filter(user=user).values_list("kind", "channel"))
    return {
        kind: [
            Switch(f"{kind.name}:{channel}", channel, (kind.name, channel.value) not in off)
            for channel in kind.channels
        ]
        for kind in offered_to(user)
    }


def set_switches(user: User, *, shown: Collection[str], on: Collection[str]) -> None:
    """Set the switches among ``shown`` that ``user`` has: those that are among ``on`` too, and no others, are on.

    What is not offered any more, or was not yet when the form was shown, stays as it is.
    """
    names = {(kind.name, channel): f"{kind.name}:{channel}" for kind in offered_to(user) for channel in kind.channels}
    known = {switch: name in on for switch, name in names.items() if name in shown}
    switched_on = Q()
    for kind, channel in (switch for switch, is_on in known.items() if is_on):
        switched_on |= Q(kind=kind, channel=channel)
    with transaction.atomic(using=router.db_for_write(Preference)):
        if switched_on:
            Preference.objects.filter(switched_on, user=user).delete()
        Preference.objects.bulk_create(
            (
                Preference(user=user, kind=kind, channel=channel)
                for (kind, channel), is_on in known.items()
                if not is_on
            ),
            ignore_conflicts=True,
        )
