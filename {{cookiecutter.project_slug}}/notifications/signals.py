"""Announces users who join and users who are deleted, welcomes the ones and tells the admins of the others."""

from typing import Any, TypedDict
from uuid import uuid4

from django.db.models import Model, QuerySet
from django.dispatch import Signal

from accounts.models import User
from core.actors import who
from core.dispatch import outside_transaction, send_on_commit
from notifications.kinds import Channel, Kind
from notifications.preferences import wanting
from notifications.telling import line, notify, send_mail

# Sent when a user was created, after the commit; not for fixtures and ``bulk_create()``. The sender is User. Arguments:
# instance, the user; using.
user_joined = Signal()

# Sent when users were deleted, after the commit, once for each deletion, however many it takes along. The sender is
# User. Arguments: users, a list of the first MOST_TOLD, each a dict with pk and name; count, of all; by, the name of
# who did it, empty for nobody; deletion, a text that no other deletion has; using.
users_deleted = Signal()

# Sent for each admin who wants mail of users_deleted, so that each mail is tried again on its own. The sender is User.
# Arguments: instance, the admin; users, count, by, deletion, using: as above.
admin_found = Signal()

DELETION = Kind("deletion", "A user is deleted", audience="admins")

MOST_TOLD = 100

# Where whatever a deletion began with keeps the users that it takes along.
DELETED = "_deleted_users"


class DeletedUser(TypedDict):
    """What receivers learn about a deleted user. Not the address, which must not outlive the account."""

    pk: Any
    name: str


def announce_user(instance: User, *, created: bool, raw: bool, using: str, **kwargs: Any) -> None:
    """Announce a new user, who did not come from a fixture."""
    if created and not raw:
        send_on_commit(user_joined, User, instance=instance, using=using)


def keep_deleted_user(instance: User, *, origin: Model | QuerySet[Any] | None = None, **kwargs: Any) -> None:
    """Keep what is known of a user who is about to be deleted, until all are known. A child class comes twice."""
    kept = vars(instance if origin is None else origin).setdefault(DELETED, {})
    if instance.pk not in kept:
        kept[instance.pk] = told(instance) if len(kept) < MOST_TOLD else None


def announce_deleted_users(
    instance: User, *, using: str, origin: Model | QuerySet[Any] | None = None, **kwargs: Any
) -> None:
    """Announce all that were kept: Django sends no ``post_delete`` before the last ``pre_delete``."""
    kept = vars(instance if origin is None else origin).pop(DELETED, None)
    if kept:
        users = [user for user in kept.values() if user]
        by, deletion = line(who().actor, 150), uuid4().hex
        send_on_commit(users_deleted, User, users=users, count=len(kept), by=by, deletion=deletion, using=using)


@outside_transaction
def welcome(instance: User, *, using: str, **kwargs: Any) -> None:
    """Send a new user a welcome, unless they may not sign in or are gone already."""
    new = User.objects.using(using).filter(pk=instance.pk, is_active=True)
    send_mail(new, "notifications/mail/welcome", {}, identity=f"welcome {instance.pk}")


def note_deletion(users: list[DeletedUser], *, count: int, by: str, deletion: str, using: str, **kwargs: Any) -> None:
    """Tell the admins on the site. Without addresses: the notice may stay for long."""
    names = ", ".join(line(user["name"], 50) for user in users[:3])
    more = f" and {count - 3} more" if count > 3 else ""
    text = f"{names}{more} {'was' if count == 1 else 'were'} deleted{f' by {line(by, 50)}' if by else ''}."
    notify(wanting(DELETION, Channel.SITE, using=using), DELETION, key=f"deleted:{deletion}", text=text)


def find_admins(users: list[DeletedUser], *, count: int, by: str, deletion: str, using: str, **kwargs: Any) -> None:
    """Find the admins who want mail of it."""
    for admin in wanting(DELETION, Channel.MAIL, using=using):
        send_on_commit(
            admin_found, User, instance=admin, users=users, count=count, by=by, deletion=deletion, using=using
        )


@outside_transaction
def mail_deletion(
    instance: User, *, users: list[DeletedUser], count: int, by: str, deletion: str, using: str, **kwargs: Any
) -> None:
    """Tell an admin by mail."""
    context = {"users": users, "count": count, "more": count - len(users), "by": by}
    admin = wanting(DELETION, Channel.MAIL, using=using).filter(pk=instance.pk)
    send_mail(admin, "notifications/mail/deleted", context, identity=f"deleted {deletion} {instance.pk}")


def told(user: User) -> DeletedUser:
    """What is told of a user who is deleted."""
    return {"pk": user.pk, "name": line(str(user), 100)}
