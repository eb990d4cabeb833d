"""What several of these tests use."""

from typing import Any

from django.db import transaction
from django.dispatch import Signal

from accounts.models import User
from pages.models import Tag
from pages.signals import page_published, page_unpublished
from subscriptions.models import Subscription

# What was sent on commit: the signal, and its arguments.
sent: list[tuple[Signal, dict[str, Any]]] = []


class Recorder:
    """A delivery that only notes what is committed."""

    def send(self, signal: Signal, sender: object, using: str, arguments: dict[str, Any]) -> None:
        transaction.on_commit(lambda: sent.append((signal, arguments)), using=using)

    def flush(self, using: str) -> None:
        """Nothing waits."""


def announced() -> list[tuple[str, str, bool | None]]:
    """The slugs of the pages that were announced as published or unpublished since this was last asked for."""
    kinds = {page_published: "published", page_unpublished: "unpublished"}
    found = [
        (kinds[signal], arguments["instance"].slug, arguments.get("first"))
        for signal, arguments in sent
        if signal in kinds
    ]
    sent.clear()
    return found


def follow(tag: Tag, count: int) -> list[User]:
    """Users who follow a tag."""
    users = User.objects.bulk_create(User(email=f"reader-{n}@example.com", name=f"Reader {n}") for n in range(count))
    Subscription.objects.bulk_create(Subscription(user=user, tag=tag) for user in users)
    return users
