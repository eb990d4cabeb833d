from django.apps import AppConfig


class RequestMetricsConfig(AppConfig):
    name = "request_metrics"
    verbose_name = "Requests"
