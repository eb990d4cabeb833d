"""What ``migrate`` is about to do, and whether it may."""

import sys
from typing import TextIO

from django.conf import settings
from django.core.management.base import CommandError
from django.db.migrations import Migration

# A migration, and whether it is unapplied.
Step = tuple[Migration, bool]


def tell(using: str, plan: list[Step], stdout: TextIO | None) -> None:
    """Write one line, such as ``default: 3 migrations to apply (accounts, pages), none to unapply.``"""
    applied = [migration for migration, backwards in plan if not backwards]
    unapplied = [migration for migration, backwards in plan if backwards]
    (stdout or sys.stdout).write(f"{using}: {_part(applied, 'apply')}, {_part(unapplied, 'unapply')}.\n")


def _part(migrations: list[Migration], what: str) -> str:
    if not migrations:
        return f"none to {what}"
    labels = ", ".join(dict.fromkeys(migration.app_label for migration in migrations))
    return f"{len(migrations)} migration{'s' if len(migrations) > 1 else ''} to {what} ({labels})"


def refuse_unapplying(using: str, plan: list[Step]) -> None:
    """Raise CommandError if a plan unapplies migrations and the setting does not allow it."""
    unapplied = [f"{migration.app_label}.{migration.name}" for migration, backwards in plan if backwards]
    if unapplied and not settings.UNAPPLY_MIGRATIONS:
        raise CommandError(
            f'This would unapply {", ".join(unapplied)} in the database "{using}", and what they have added would be'
            " lost. Nothing was changed. If it is meant, set UNAPPLY_MIGRATIONS=true for this one command."
        )
