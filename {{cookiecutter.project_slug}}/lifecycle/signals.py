"""Receivers of what Django sends about itself: migrations, connections, settings, and models as they load.

``pre_init`` has no receiver: it is sent before an instance has any field, and nothing here needs what its model was
called with.
"""

from collections.abc import Collection
from typing import Any, TextIO

from django.apps import apps as installed
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from lifecycle import derived, groups, limits, plans, write_once


def review_plan(
    *, using: str, plan: list[plans.Step], verbosity: int, stdout: TextIO | None = None, **kwargs: Any
) -> None:
    """Say in one line what ``migrate`` is about to do; refuse to unapply where ``UNAPPLY_MIGRATIONS`` is false.

    An error propagates: nothing is migrated. Else migrations may take their time: the limit on statements is lifted.
    """
    plans.refuse_unapplying(using, plan)
    if verbosity >= 1 and plan:
        plans.tell(using, plan, stdout)
    limits.lift_statement_limit(connections[using])


def settle_database(*, using: str, apps: Any = installed, **kwargs: Any) -> None:
    """Add what is missing of the groups, on the alias that was migrated; limit statements again.

    Sent after ``flush`` too, which passes no ``apps``. An error propagates: the next ``migrate`` adds what is missing.
    """
    groups.add_missing(using, apps)
    limits.set_limits(connections[using])


def limit_connection(*, connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    """Set up each new connection, of any alias in any thread. An error propagates, and the connection is closed."""
    limits.set_up(connection)


def forget_derived(*, setting: str, **kwargs: Any) -> None:
    """Forget what was made of a setting that has changed: ``override_settings`` sends this."""
    derived.forget(setting)


def register_model(sender: type[Model], **kwargs: Any) -> None:
    """Keep a register of the models that have a ``write_once``."""
    write_once.register(sender)


def remember_loaded(instance: Model, **kwargs: Any) -> None:
    """Remember what the fields that are written once hold: this is ``post_init``, sent for each row that is loaded."""
    write_once.remember(instance)


def refuse_change(
    instance: Model, *, raw: bool, using: str, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Refuse to save what would change such a field. Not for fixtures (``raw``): they hold what they hold."""
    if not raw:
        write_once.refuse_change(instance, using, update_fields)


def remember_created(instance: Model, *, created: bool, **kwargs: Any) -> None:
    """Remember what a new row holds: ``post_init`` saw the instance before it had a key."""
    if created:
        write_once.remember(instance)


def refuse_changes(sender: type[Model], *, updated: frozenset[str], using: str, **kwargs: Any) -> None:
    """Refuse to write such a field of many rows at once. New rows may hold anything."""
    write_once.refuse_changes(sender, updated, using)
