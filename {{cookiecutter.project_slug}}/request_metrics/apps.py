import os

from django.apps import AppConfig
from django.core.signals import got_request_exception, request_finished, request_started


class RequestMetricsConfig(AppConfig):
    name = "request_metrics"
    verbose_name = "Requests"

    def ready(self) -> None:
        from request_metrics import checks, signals
        from request_metrics.buffer import buffer
        from request_metrics.flushing import background

        # Without a sender: that is the class of the server's handler, which differs, and None in tests.
        request_started.connect(
            signals.start_clock,
            dispatch_uid="request_metrics.signals.start_clock",
        )
        request_finished.connect(
            signals.count_request,
            dispatch_uid="request_metrics.signals.count_request",
        )
        got_request_exception.connect(
            signals.keep_failure,
            dispatch_uid="request_metrics.signals.keep_failure",
        )
        checks.register()
        if hasattr(os, "register_at_fork"):  # not on Windows, where no process is forked
            os.register_at_fork(after_in_child=buffer.forget)
            os.register_at_fork(after_in_child=background.forget)
