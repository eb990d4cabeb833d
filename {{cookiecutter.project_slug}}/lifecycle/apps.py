from types import ModuleType

from django.apps import AppConfig
from django.core.signals import setting_changed
from django.db.backends.signals import connection_created
from django.db.models import Model
from django.db.models.signals import class_prepared, post_init, post_migrate, post_save, pre_migrate, pre_save

from core.signals import rows_written


class LifecycleConfig(AppConfig):
    name = "lifecycle"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        super().__init__(app_name, app_module)
        from lifecycle import signals

        # Here, because class_prepared is sent while models load: when ready() runs, all of them have been.
        class_prepared.connect(
            signals.register_model,
            dispatch_uid="lifecycle.signals.register_model",
        )

    def ready(self) -> None:
        from lifecycle import checks, signals, write_once

        # With a sender these two are sent once for each migrate, not once for each app.
        pre_migrate.connect(
            signals.review_plan,
            sender=self,
            dispatch_uid="lifecycle.signals.review_plan",
        )
        post_migrate.connect(
            signals.settle_database,
            sender=self,
            dispatch_uid="lifecycle.signals.settle_database",
        )
        connection_created.connect(
            signals.limit_connection,
            dispatch_uid="lifecycle.signals.limit_connection",
        )
        setting_changed.connect(
            signals.forget_derived,
            dispatch_uid="lifecycle.signals.forget_derived",
        )
        for model in write_once.models():
            self.connect(model)
        checks.register()

    @staticmethod
    def connect(model: type[Model]) -> None:
        """Connect what guards the fields of one model that are written once. All others pay next to nothing."""
        from lifecycle import signals

        post_init.connect(
            signals.remember_loaded,
            sender=model,
            dispatch_uid="lifecycle.signals.remember_loaded",
        )
        pre_save.connect(
            signals.refuse_change,
            sender=model,
            dispatch_uid="lifecycle.signals.refuse_change",
        )
        post_save.connect(
            signals.remember_created,
            sender=model,
            dispatch_uid="lifecycle.signals.remember_created",
        )
        rows_written.connect(
            signals.refuse_changes,
            sender=model,
            dispatch_uid="lifecycle.signals.refuse_changes",
        )
