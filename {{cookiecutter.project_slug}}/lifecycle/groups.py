"""The groups that the site always has, and their permissions (``GROUPS``).

What is missing is added after each ``migrate``: a group, and a permission of a group. Nothing is taken away, so what
somebody has added in the admin stays. What somebody has removed there comes back: remove it from the setting.
"""

from typing import Any

from django.apps import apps as installed
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import router

from lifecycle.derived import derived_from

# A permission as ``has_perm()`` takes it, in two: the label of its app and its codename.
Name = tuple[str, str]


@derived_from("GROUPS")
def wanted() -> dict[str, set[Name]]:
    """The permissions of each group, by its name."""
    return {group: {split(name) for name in names} for group, names in settings.GROUPS.items()}


def split(name: str) -> Name:
    """Take ``pages.add_page`` apart."""
    label, _, codename = name.partition(".")
    return label, codename


def add_missing(using: str, apps: Any = installed) -> None:
    """Add what is missing; ``apps`` has the models as they have just been migrated.

    Two queries where nothing is. Two processes may do it at once.
    """
    try:
        group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return  # only other apps have been migrated yet
    if not wanted() or not all(router.allow_migrate_model(using, model) for model in (group, permission)):
        return
    keys = permission_keys(permission, using, apps)
    groups = group._base_manager.using(using).filter(name__in=wanted())
    has = set(groups.values_list("name", "permissions"))
    if new := wanted().keys() - {name for name, _ in has}:
        # Conflicts: another process may have added it meanwhile.
        group._base_manager.using(using).bulk_create((group(name=name) for name in sorted(new)), ignore_conflicts=True)
    has_to_have = {(name, key) for name, names in wanted().items() for each in names for key in keys.get(each, ())}
    # Sorted: two processes that add the same rows in different orders wait for one another.
    lacks = sorted(has_to_have - has)
    if lacks:
        ids = dict(groups.values_list("name", "pk"))
        through = group.permissions.through
        links = [through(group_id=ids[name], permission_id=key) for name, key in lacks]
        through._base_manager.using(using).bulk_create(links, ignore_conflicts=True)


def permission_keys(permission: Any, using: str, apps: Any) -> dict[Name, list[int]]:
    """The keys of all permissions that are named, as far as they exist; those that Django would make later are made."""
    named = set().union(*wanted().values())
    keys = existing(permission, using, named)
    if missing := {label for label, _ in named - keys.keys()}:
        # Django makes them app by app, after each has sent post_migrate, and this app may come before theirs.
        for app in installed.get_app_configs():
            if app.label in missing:
                create_permissions(app, verbosity=0, using=using, apps=apps)
        keys = existing(permission, using, named)
    return keys


def existing(permission: Any, using: str, named: set[Name]) -> dict[Name, list[int]]:
    """The keys of those that exist. One name may be of several models of an app."""
    labels, codenames = {label for label, _ in named}, {codename for _, codename in named}
    rows = permission._base_manager.using(using).filter(content_type__app_label__in=labels, codename__in=codenames)
    keys: dict[Name, list[int]] = {}
    for label, codename, key in rows.values_list("content_type__app_label", "codename", "pk"):
        if (label, codename) in named:
            keys.setdefault((label, codename), []).append(key)
    return keys
