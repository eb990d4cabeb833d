"""``manage.py create_missing_profiles``: profiles for users that signals never saw."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from tqdm import tqdm

from accounts.models import User
from profiles.backfill import create_missing_profiles, users_without_profile
from profiles.models import Profile


class Command(BaseCommand):
    help = "Create the profiles of users that have none, such as those made with bulk_create. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections), help="The database (default: default)."
        )

    def handle(self, *, database: str, **options: Any) -> None:
        total = users_without_profile(User, Profile, database).count()
        created = 0
        # disable=None: no bar where nobody watches, in a log for instance.
        with tqdm(total=total, unit=" profiles", disable=None) as bar:
            for count in create_missing_profiles(User, Profile, database):
                created += count
                bar.update(count)
        self.stdout.write(self.style.SUCCESS(f"Profiles created: {created}."))
