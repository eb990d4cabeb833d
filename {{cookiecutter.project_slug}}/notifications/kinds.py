"""What people can be told of, and how: the switches on the account page are made of this."""

from dataclasses import dataclass
from typing import Literal

from django.db.models import TextChoices

from accounts.models import User


class Channel(TextChoices):
    """How somebody is told."""

    SITE = "site", "on the site"
    MAIL = "mail", "by email"


@dataclass(frozen=True)
class Kind:
    """Something that people can be told of, by some channels: everybody, or the admins, who are superusers."""

    name: str  # at most 30 characters
    label: str
    channels: tuple[Channel, ...] = (Channel.SITE, Channel.MAIL)
    audience: Literal["users", "admins"] = "users"

    def is_for(self, user: User) -> bool:
        """Whether ``user`` can be told of this."""
        return self.audience == "users" or user.is_superuser


_offered: dict[str, Kind] = {}


def offer(kind: Kind) -> None:
    """Let people choose whether they are told of ``kind``: for what connects receivers that tell them."""
    _offered[kind.name] = kind


def offered_to(user: User) -> list[Kind]:
    """What ``user`` can be told of here."""
    return [kind for kind in _offered.values() if kind.is_for(user)]
