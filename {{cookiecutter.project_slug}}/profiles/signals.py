"""Keeps users and profiles in step: every user has a profile, and deleting either deletes the other."""

from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import User
from profiles.models import Profile

# Where whatever a deletion began with keeps the keys of the users to delete.
DELETED = "_users_of_deleted_profiles"


def create_profile(instance: User, *, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    """Give a new user a profile, in the database and the transaction that the user is saved in.

    ``raw``: a fixture brings its own profiles. A profile that is there already, because ``create_missing_profiles`` was
    faster, is left as it is.
    """
    if created and not raw:
        Profile.objects.using(using).get_or_create(user=instance)


def keep_user(instance: Profile, *, origin: Model | QuerySet[Model], **kwargs: Any) -> None:
    """Keep whose profile is about to be deleted, until all are known, if the deletion began at profiles.

    ``origin`` is what ``delete()`` was called on. Where that is the user, or something else that takes users along,
    they are being deleted already; deleting them here as well would announce them twice.
    """
    began_at = origin.model if isinstance(origin, QuerySet) else type(origin)
    if issubclass(began_at, Profile):
        vars(origin).setdefault(DELETED, []).append(instance.user_id)


def delete_users(sender: type[Profile], *, origin: Model | QuerySet[Model], using: str, **kwargs: Any) -> None:
    """Delete all users that were kept, as one deletion: Django sends ``post_delete`` when all profiles are gone.

    Those who have one, because an earlier deletion from the same origin has failed, stay. A child of Profile sends the
    signal too, before the row of its parent is deleted.
    """
    if sender._meta.concrete_model is Profile and (keys := vars(origin).pop(DELETED, None)):
        User.objects.using(using).filter(pk__in=keys, profile=None).delete()
