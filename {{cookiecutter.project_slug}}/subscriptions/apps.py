from django.apps import AppConfig
from django.db.models.signals import post_save

from core.signals import rows_written
from core.wiring import connect_with_subclasses


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"

    def ready(self) -> None:
        from pages.models import Page
        from pages.signals import page_published
        from subscriptions import signals
        from subscriptions.models import Subscription

        connect_with_subclasses(
            post_save,
            signals.announce_saved,
            sender=Page,
            dispatch_uid="subscriptions.signals.announce_saved",
        )
        connect_with_subclasses(
            rows_written,
            signals.announce_written,
            sender=Page,
            dispatch_uid="subscriptions.signals.announce_written",
        )
        page_published.connect(
            signals.find_readers,
            sender=Page,
            dispatch_uid="subscriptions.signals.find_readers",
        )
        signals.readers_found.connect(
            signals.mail_readers,
            sender=Subscription,
            dispatch_uid="subscriptions.signals.mail_readers",
        )
