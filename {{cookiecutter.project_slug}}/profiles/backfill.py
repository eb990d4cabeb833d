"""Profiles for users that signals never saw: written in bulk, or older than this app."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet

BATCH_SIZE = 2000


def users_without_profile(user_model: type[Model], profile_model: type[Model], using: str) -> QuerySet[Model]:
    """The users that have no profile, in the order of their keys."""
    profiles = profile_model._base_manager.using(using).filter(user=OuterRef("pk"))
    return user_model._base_manager.using(using).filter(~Exists(profiles)).order_by("pk")


def create_missing_profiles(
    user_model: type[Model], profile_model: type[Model], using: str, batch_size: int = BATCH_SIZE
) -> Iterator[int]:
    """Create the missing profiles batch by batch, each in a transaction of its own; yield how many each one made.

    Safe beside a running site: a user is locked, so cannot be deleted, while its profile is made, and a profile that
    somebody else makes at the same time stays. One thing can happen: Django looks for what to delete along with a user
    before it deletes anything, and if the profile is made in between, that deletion fails with IntegrityError, changes
    nothing, and works when it is tried again.

    Models are arguments because the migration that calls this passes its own. Keep it working with them.
    """
    missing = users_without_profile(user_model, profile_model, using)
    last = None
    while True:
        with transaction.atomic(using=using):
            batch = missing if last is None else missing.filter(pk__gt=last)
            # no_key: others may still refer to these users meanwhile (their pages, for instance).
            locked = list(batch.select_for_update(no_key=True).values_list("pk", flat=True)[:batch_size])
            if not locked:
                return
            # Once more: while this waited for the locks, another run may have made their profiles.
            keys = missing.filter(pk__in=locked).values_list("pk", flat=True)
            profiles = [profile_model(user_id=key) for key in keys]
            profile_model._base_manager.using(using).bulk_create(profiles, ignore_conflicts=True)
        last = locked[-1]
        yield len(profiles)
