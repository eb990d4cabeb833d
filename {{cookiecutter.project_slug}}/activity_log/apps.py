from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save

from core.signals import rows_written
from core.wiring import connect_with_subclasses


class ActivityLogConfig(AppConfig):
    name = "activity_log"
    verbose_name = "Activity"

    def ready(self) -> None:
        from accounts.models import User
        from activity_log import checks, named, signals

        named.forget()
        for model in named.recorded_models():
            self.connect(model)
        # After the others, which write the entry of the deletion.
        connect_with_subclasses(
            post_delete,
            signals.forget_address,
            sender=User,
            dispatch_uid="activity_log.signals.forget_address",
        )
        checks.register()

    @staticmethod
    def connect(model: type[Model]) -> None:
        """Connect the receivers to what is sent for one model. All others pay nothing."""
        from activity_log import named, signals

        pre_save.connect(
            signals.record_change,
            sender=model,
            dispatch_uid="activity_log.signals.record_change",
        )
        post_save.connect(
            signals.record_save,
            sender=model,
            dispatch_uid="activity_log.signals.record_save",
        )
        pre_delete.connect(
            signals.record_deletion,
            sender=model,
            dispatch_uid="activity_log.signals.record_deletion",
        )
        post_delete.connect(
            signals.record_deletions,
            sender=model,
            dispatch_uid="activity_log.signals.record_deletions",
        )
        rows_written.connect(
            signals.record_rows,
            sender=model,
            dispatch_uid="activity_log.signals.record_rows",
        )
        for links in named.links_of(model):
            m2m_changed.connect(
                signals.record_links,
                sender=named.through_of(links),
                dispatch_uid="activity_log.signals.record_links",
            )
