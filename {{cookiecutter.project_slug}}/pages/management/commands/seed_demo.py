"""``manage.py seed_demo``: something to look at in an empty site."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import router, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from pages.models import Page, Tag

AUTHORS = {"Ada Lovelace": "ada@example.com", "Grace Hopper": "grace@example.com", "Alan Turing": "alan@example.com"}

# Title, author, tags, body.
PUBLISHED = [
    (
        "A signal is an announcement",
        "Ada Lovelace",
        ["Signals", "Design"],
        "The part of the site that sends a signal does not know who listens. That is the point of it.\n\n"
        "Use one where two parts should not know of each other. Where they may, call a function: it is easier to find.",
    ),
    (
        "Wired in one place",
        "Grace Hopper",
        ["Signals", "Django"],
        "Each app connects its receivers in apps.py, in ready(): which signal, which sender, under which name.\n\n"
        "Reading that method tells what the app listens to. Nothing is connected by merely being imported.",
    ),
    (
        "After the commit",
        "Alan Turing",
        ["Signals", "Databases"],
        "A mail cannot be rolled back. What leaves the site waits until the change it speaks of is committed.",
    ),
    (
        "Small apps that leave without a trace",
        "Grace Hopper",
        ["Django", "Design"],
        "A feature is a directory: its models, receivers, pages, tests and migrations. Not wanted, it goes as a whole.",
    ),
    (
        "Transactions and what they promise",
        "Alan Turing",
        ["Databases"],
        "Either all of it happened or none of it did. Most bugs around signals begin where that was forgotten.",
    ),
]
DRAFTS = [
    (
        "Notes for next week",
        "Ada Lovelace",
        ["Design"],
        "Only staff can read this.",
    ),
]


class Command(BaseCommand):
    help = "Fill an empty site with a few users, tags and pages."

    def handle(self, **options: Any) -> None:
        with transaction.atomic(using=router.db_for_write(Page)):
            self.fill()

    def fill(self) -> None:
        """All of it, or nothing."""
        if Page.objects.exists() or Tag.objects.exists():
            raise CommandError("The site has pages or tags already. Nothing was added: seed_demo fills an empty site.")
        # Without passwords: one that stands in a public repository would let anybody sign in.
        authors = {
            name: User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
            for name, email in AUTHORS.items()
        }
        tags = {
            name: Tag.objects.create(name=name, slug=slugify(name))
            for name in dict.fromkeys(name for _, _, names, _ in PUBLISHED + DRAFTS for name in names)
        }
        now = timezone.now().replace(microsecond=0)  # as the admin saves it
        dates = [now - timedelta(days=days) for days in range(len(PUBLISHED))] + [None] * len(DRAFTS)
        for published_at, (title, author, names, body) in zip(dates, PUBLISHED + DRAFTS, strict=True):
            page = Page.objects.create(
                title=title, slug=slugify(title), body=body, author=authors[author], published_at=published_at
            )
            page.tags.set([tags[name] for name in names])
        self.stdout.write(
            self.style.SUCCESS(f"Added pages: {len(PUBLISHED)}, drafts: {len(DRAFTS)}, with their authors and tags.")
        )
        self.stdout.write("To sign in as staff: manage.py createsuperuser")
