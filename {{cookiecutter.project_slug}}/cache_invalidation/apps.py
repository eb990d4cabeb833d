from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import m2m_changed, post_migrate, post_save, pre_delete, pre_save

from core.signals import rows_written


class CacheInvalidationConfig(AppConfig):
    name = "cache_invalidation"

    def ready(self) -> None:
        from accounts.models import User
        from cache_invalidation import page_reads, signals
        from cache_invalidation.generations import keep_warm
        from pages.models import Page, Tag

        # Proxies send model signals under their own class: they are connected too.
        for model in apps.get_models():
            if issubclass(model, Page):
                pre_save.connect(
                    signals.end_old_page,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_old_page",
                )
                post_save.connect(
                    signals.end_new_page,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_new_page",
                )
                pre_delete.connect(
                    signals.end_deleted_page,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_deleted_page",
                )
            if issubclass(model, Tag):
                pre_save.connect(
                    signals.end_pages_with_saved_tag,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_pages_with_saved_tag",
                )
                pre_delete.connect(
                    signals.end_pages_with_deleted_tag,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_pages_with_deleted_tag",
                )
            if issubclass(model, User):
                pre_save.connect(
                    signals.end_pages_by_saved_author,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_pages_by_saved_author",
                )
            if issubclass(model, (Page, Tag, User)):
                post_save.connect(
                    signals.end_loaded,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_loaded",
                )
                rows_written.connect(
                    signals.end_everything,
                    sender=model,
                    dispatch_uid="cache_invalidation.signals.end_everything",
                )
        m2m_changed.connect(
            signals.end_retagged_pages,
            sender=Page.tags.through,
            dispatch_uid="cache_invalidation.signals.end_retagged_pages",
        )
        post_migrate.connect(
            signals.end_migrated,
            sender=apps.get_app_config("pages"),
            dispatch_uid="cache_invalidation.signals.end_migrated",
        )
        if settings.KEEP_HOME_WARM:
            keep_warm(page_reads.read_home, depends_on=[page_reads.LISTS])
