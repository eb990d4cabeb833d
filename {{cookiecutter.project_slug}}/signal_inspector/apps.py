from django.apps import AppConfig


class SignalInspectorConfig(AppConfig):
    name = "signal_inspector"
    verbose_name = "Signals"
