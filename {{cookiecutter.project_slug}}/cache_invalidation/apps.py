from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models.signals import m2m_changed, post_migrate, post_save, pre_delete, pre_save

from core.signals import rows_written
from core.wiring import connect_with_subclasses


class CacheInvalidationConfig(AppConfig):
    name = "cache_invalidation"

    def ready(self) -> None:
        from accounts.models import User
        from cache_invalidation import page_reads, signals
        from cache_invalidation.generations import keep_warm
        from pages.models import Page, Tag

        connect_with_subclasses(
            pre_save,
            signals.end_old_page,
            sender=Page,
            dispatch_uid="cache_invalidation.signals.end_old_page",
        )
        connect_with_subclasses(
            post_save,
            signals.end_new_page,
            sender=Page,
            dispatch_uid="cache_invalidation.signals.end_new_page",
        )
        connect_with_subclasses(
            pre_delete,
            signals.end_deleted_page,
            sender=Page,
            dispatch_uid="cache_invalidation.signals.end_deleted_page",
        )
        connect_with_subclasses(
            pre_save,
            signals.end_pages_with_saved_tag,
            sender=Tag,
            dispatch_uid="cache_invalidation.signals.end_pages_with_saved_tag",
        )
        connect_with_subclasses(
            pre_delete,
            signals.end_pages_with_deleted_tag,
            sender=Tag,
            dispatch_uid="cache_invalidation.signals.end_pages_with_deleted_tag",
        )
        connect_with_subclasses(
            pre_save,
            signals.end_pages_by_saved_author,
            sender=User,
            dispatch_uid="cache_invalidation.signals.end_pages_by_saved_author",
        )
        for model in (Page, Tag, User):
            connect_with_subclasses(
                post_save,
                signals.end_loaded,
                sender=model,
                dispatch_uid="cache_invalidation.signals.end_loaded",
            )
            connect_with_subclasses(
                rows_written,
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
