from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import pre_delete

from core.wiring import connect_with_subclasses


class AuthTrackingConfig(AppConfig):
    name = "auth_tracking"
    verbose_name = "Sign-ins"

    def ready(self) -> None:
        from accounts.models import User
        from auth_tracking import checks, signals

        # The first four without a sender: a proxy of User signs in under its own class, and a failure under none.
        user_logged_in.connect(
            signals.record_login,
            dispatch_uid="auth_tracking.signals.record_login",
        )
        user_logged_in.connect(
            signals.release_attempt,
            dispatch_uid="auth_tracking.signals.release_attempt",
        )
        user_logged_out.connect(
            signals.record_logout,
            dispatch_uid="auth_tracking.signals.record_logout",
        )
        user_login_failed.connect(
            signals.record_failure,
            dispatch_uid="auth_tracking.signals.record_failure",
        )
        connect_with_subclasses(
            pre_delete,
            signals.forget_user,
            sender=User,
            dispatch_uid="auth_tracking.signals.forget_user",
        )
        checks.register()
