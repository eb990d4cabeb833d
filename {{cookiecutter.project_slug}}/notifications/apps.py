from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save, pre_delete

from core.wiring import connect_with_subclasses


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts.models import User
        from notifications import kinds, signals

        connect_with_subclasses(
            post_save,
            signals.announce_user,
            sender=User,
            dispatch_uid="notifications.signals.announce_user",
        )
        connect_with_subclasses(
            pre_delete,
            signals.keep_deleted_user,
            sender=User,
            dispatch_uid="notifications.signals.keep_deleted_user",
        )
        connect_with_subclasses(
            post_delete,
            signals.announce_deleted_users,
            sender=User,
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
        connect_with_subclasses(
            post_delete,
            followed_pages.take_back,
            sender=Page,
            dispatch_uid="notifications.followed_pages.take_back",
        )
        kinds.offer(followed_pages.PAGE)
        # % endif
