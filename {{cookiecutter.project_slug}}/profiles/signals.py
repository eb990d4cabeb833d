"""Keeps users and profiles in step: every user has a profile, and deleting either deletes the other."""

from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import User
from profiles.models import Profile


def create_profile(instance: User, *, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    """Give a new user a profile, in the database and the transaction that the user is saved in.

    ``raw``: a fixture brings its own profiles. A profile that is there already, because ``create_missing_profiles`` was
    faster, is left as it is.
    """
    if created and not raw:
        Profile.objects.using(using).get_or_create(user=instance)


def delete_user(instance: Profile, *, origin: Model | QuerySet[Model], using: str, **kwargs: Any) -> None:
    """Delete the user of a deleted profile, if the deletion began at profiles.

    ``origin`` is what ``delete()`` was called on. Where that is the user, or something else that takes users along,
    they are being deleted already; deleting them here as well would announce them twice. One user at a time: to delete
    many, delete the users.
    """
    began_at = origin.model if isinstance(origin, QuerySet) else type(origin)
    if began_at._meta.concrete_model is Profile:
        User.objects.using(using).filter(pk=instance.pk).delete()
