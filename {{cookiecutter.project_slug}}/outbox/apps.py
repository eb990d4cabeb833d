from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "outbox"
    verbose_name = "Delivery"

    def ready(self) -> None:
        from outbox import checks

        checks.register()
