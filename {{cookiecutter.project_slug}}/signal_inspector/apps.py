from types import ModuleType

from django.apps import AppConfig
from django.conf import settings

from signal_inspector import journal


class SignalInspectorConfig(AppConfig):
    name = "signal_inspector"
    verbose_name = "Signals"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        super().__init__(app_name, app_module)
        # Not in ready(): by then models are loaded, and apps before this one have connected their receivers.
        journal.keep()

    def ready(self) -> None:
        from signal_inspector import checks, counting

        checks.register()
        if settings.SIGNAL_TRACE:
            counting.start()
