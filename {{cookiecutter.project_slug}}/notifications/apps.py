from django.apps import AppConfig, apps
from django.db.models.signals import post_delete, post_save, pre_delete


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts.models import User
        from notifications import kinds, signals

        # A proxy of User sends model signals under its own class too.
        for model in apps.get_models():
            if issubclass(model, User):
                post_save.connect(
                    signals.announce_user,
                    sender=model,
                    dispatch_uid="notifications.signals.announce_user",
                )
                pre_delete.connect(
                    signals.keep_deleted_user,
                    sender=model,
                    dispatch_uid="notifications.signals.keep_deleted_user",
                )
                post_delete.connect(
                    signals.announce_deleted_users,
                    sender=model,
                    dispatch_uid="notifications.signals.announce_deleted_users",
                )
        signals.user_joined.connect(
            signals.welcome,
            dispatch_uid="notifications.signals.welcome",
        )
        signals.users_deleted.connect(
            signals.note_deletion,
            dispatch_uid="notifications.signals.note_deletion",
        )
        signals.users_deleted.connect(
            signals.find_admins,
            dispatch_uid="notifications.signals.find_admins",
        )
        signals.admin_found.connect(
            signals.mail_deletion,
            dispatch_uid="notifications.signals.mail_deletion",
        )
        kinds.offer(signals.DELETION)
        # % if cookiecutter.auth_tracking
        from auth_tracking.signals import new_device_login
        from notifications import new_devices

        new_device_login.connect(
            new_devices.note_new_device,
            dispatch_uid="notifications.new_devices.note_new_device",
        )
        new_device_login.connect(
            new_devices.mail_new_device,
            dispatch_uid="notifications.new_devices.mail_new_device",
        )
        kinds.offer(new_devices.NEW_DEVICE)
        # % endif
        # % if cookiecutter.custom_signals
        from notifications import followed_pages
        from pages.models import Page
        from pages.signals import page_unpublished
        from subscriptions.signals import readers_found

        readers_found.connect(
            followed_pages.note_page,
            dispatch_uid="notifications.followed_pages.note_page",
        )
        page_unpublished.connect(
            followed_pages.forget_page,
            dispatch_uid="notifications.followed_pages.forget_page",
        )
        for model in apps.get_models():
            if issubclass(model, Page):
                post_delete.connect(
                    followed_pages.take_back,
                    sender=model,
                    dispatch_uid="notifications.followed_pages.take_back",
                )
        kinds.offer(followed_pages.PAGE)
        # % endif
