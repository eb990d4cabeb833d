"""Writing and publishing in the admin."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from pages import publishing
from pages.models import Page, Tag


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Page)
class PageAdmin(admin.ModelAdmin[Page]):
    list_display = ("title", "author", "published", "published_at", "updated_at")
    list_filter = ("published_at", "tags")
    list_select_related = ("author",)
    search_fields = ("title", "body")
    prepopulated_fields = {"slug": ("title",)}
    autocomplete_fields = ("author", "tags")
    date_hierarchy = "published_at"
    actions = ("publish", "unpublish")

    @admin.display(boolean=True)
    def published(self, page: Page) -> bool:
        return page.is_published

    @admin.action(description="Publish selected pages", permissions=["change"])
    def publish(self, request: HttpRequest, pages: QuerySet[Page]) -> None:
        count = sum(publishing.publish(page) for page in pages)
        self.message_user(request, f"Pages published: {count}.", messages.SUCCESS)

    @admin.action(description="Unpublish selected pages", permissions=["change"])
    def unpublish(self, request: HttpRequest, pages: QuerySet[Page]) -> None:
        count = sum(publishing.unpublish(page) for page in pages)
        self.message_user(request, f"Pages unpublished: {count}.", messages.SUCCESS)
