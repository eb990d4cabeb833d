"""What was recorded, in the admin: to read, to filter and to search."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User
from activity_log.models import ActivityEntry
from activity_log.named import lineage_of, recorded, recorded_models
from activity_log.templatetags.activity import changes_of, url_of
from core.actors import storable
from core.admin import LONGEST_LIST, RecordAdmin

# As many bits as a number can have that is a key in the database.
LONGEST_KEY = 63


class ModelFilter(admin.SimpleListFilter):
    """Entries about one model."""

    title = "model"
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return sorted({(recorded(model).name, recorded(model).model.__name__) for model in recorded_models()})

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActivityEntry]) -> QuerySet[ActivityEntry]:
        value = self.value()
        return queryset if value is None else queryset.filter(model__in=lineage_of(storable(value)))


class ChosenFilter(admin.SimpleListFilter):
    """Shown only where something was chosen elsewhere, by a link: to let go of it again."""

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        value = self.value()
        return [] if value is None else [(value, f"This {self.title}")]


class ObjectFilter(ChosenFilter):
    """Entries about one object: its history."""

    title = "object"
    parameter_name = "object_key"

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActivityEntry]) -> QuerySet[ActivityEntry]:
        value = self.value()
        return queryset if value is None else queryset.filter(object_key=storable(value))


class PersonFilter(ChosenFilter):
    """Entries of what one person did."""

    title = "person"
    parameter_name = "user"

    def queryset(self, request: HttpRequest, queryset: QuerySet[ActivityEntry]) -> QuerySet[ActivityEntry]:
        value = self.value()
        if value is None:
            return queryset
        try:
            key = User._meta.pk.to_python(value)
        except ValidationError:
            return queryset.none()
        too_large = isinstance(key, int) and key.bit_length() > LONGEST_KEY
        return queryset.none() if too_large else queryset.filter(user_id=key)


@admin.register(ActivityEntry)
class ActivityEntryAdmin(RecordAdmin[ActivityEntry]):
    """Read-only. Searches by an exact key, email or request id, which an index finds among any number of rows."""

    list_display = ("when", "who", "what", "shown_changes")
    list_filter = (ModelFilter, ObjectFilter, PersonFilter, "kind", "time")
    list_per_page = 50
    search_fields = ("object_key",)
    search_help_text = (
        f"A whole key, email or request id. The list holds the newest {LONGEST_LIST:,}; this finds older ones."
    )
    fields = ("what", "shown_changes", "who", "request_id", "when")
    allowed_lookups = frozenset({"model", "object_key", "user", "kind__exact", "time__gte", "time__lt"})
    actions = None

    class Media:
        css = {"all": ["activity_log/changes.css"]}

    @admin.display(description="who")
    def who(self, entry: ActivityEntry) -> str | SafeString:
        """The person, with a link to all that they did; or the command, or nobody."""
        if entry.user_id is None:
            return entry.actor or "nobody"
        url = reverse("admin:activity_log_activityentry_changelist")
        return format_html('<a href="{}?user={}">{}</a>', url, entry.user_id, entry.actor or f"User {entry.user_id}")

    @admin.display(description="what")
    def what(self, entry: ActivityEntry) -> str | SafeString:
        """What was done to which object: with a link to it, there or not, and one to all that was done to it."""
        kind, name = entry.get_kind_display(), entry.model.partition(".")[2]
        if not entry.object_key:
            return f"{kind} {name}: {entry.label}"
        text = f"{name} {entry.label or entry.object_key}"
        try:
            page = reverse(f"admin:{entry.model.replace('.', '_')}_change", args=[quote(entry.object_key)])
        except NoReverseMatch:
            page = ""
        link = format_html('<a href="{}">{}</a>', page, text) if page else text
        history = url_of(entry.model, entry.object_key)
        return format_html('{} {}<br><a href="{}">history</a>', kind, link, history)

    @admin.display(description="changes")
    def shown_changes(self, entry: ActivityEntry) -> SafeString:
        """The changes, as a diff."""
        return changes_of(entry)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ActivityEntry], search_term: str
    ) -> tuple[QuerySet[ActivityEntry], bool]:
        term = storable(search_term)
        if not term:
            return queryset, False
        found = Q(object_key=term) | Q(request_id=term)
        if "@" in term and (user := User.objects.filter(email=term.lower()).first()):
            found |= Q(user=user)
        return queryset.filter(found), False
