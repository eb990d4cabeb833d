from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save, pre_delete

from core.wiring import connect_with_subclasses


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from accounts.models import User
        from profiles import signals
        from profiles.models import Profile

        connect_with_subclasses(
            post_save,
            signals.create_profile,
            sender=User,
            dispatch_uid="profiles.signals.create_profile",
        )
        connect_with_subclasses(
            pre_delete,
            signals.keep_user,
            sender=Profile,
            dispatch_uid="profiles.signals.keep_user",
        )
        connect_with_subclasses(
            post_delete,
            signals.delete_users,
            sender=Profile,
            dispatch_uid="profiles.signals.delete_users",
        )
