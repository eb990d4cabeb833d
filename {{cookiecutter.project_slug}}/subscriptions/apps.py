from django.apps import AppConfig, apps
from django.db.models.signals import post_save

from core.signals import rows_written


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"

    def ready(self) -> None:
        from pages.models import Page
        from pages.signals import page_published
        from subscriptions import signals
        from subscriptions.models import Subscription

        # What is derived from Page sends model signals under its own class: it is connected too.
        for model in apps.get_models():
            if issubclass(model, Page):
                post_save.connect(
                    signals.announce_saved,
                    sender=model,
                    dispatch_uid="subscriptions.signals.announce_saved",
                )
                rows_written.connect(
                    signals.announce_written,
                    sender=model,
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
