from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete, post_save


class ProfilesConfig(AppConfig):
    name = "profiles"

    def ready(self) -> None:
        from profiles import signals

        post_save.connect(
            signals.create_profile,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="profiles.signals.create_profile",
        )
        post_delete.connect(
            signals.delete_user,
            sender="profiles.Profile",
            dispatch_uid="profiles.signals.delete_user",
        )
