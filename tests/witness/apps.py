from datetime import timedelta

from django.apps import AppConfig


class WitnessConfig(AppConfig):
    name = "witness"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from subscriptions import mailing
        from witness import signals

        mailing.CLAIM_HOLDS = timedelta(seconds=5)  # a test need not wait for as long as a mail may take

        signals.thing_happened.connect(
            signals.write_line,
            dispatch_uid="witness.signals.write_line",
        )
        signals.thing_happened.connect(
            signals.write_row,
            dispatch_uid="witness.signals.write_row",
        )
