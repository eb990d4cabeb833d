"""What was sent, in the admin: to read, to filter, and to send again."""

import json
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from accounts.models import User
from core.admin import RecordAdmin
from outbox.models import FAILED, PARKED, WAITING, Event

STATES = {
    "waiting": ("waiting", WAITING),
    "failed": ("to be tried again", FAILED & Q(parked_at=None)),
    "parked": ("parked", PARKED),
    "delivered": ("delivered", Q(delivered_at__isnull=False)),
}


class StateFilter(admin.SimpleListFilter):
    """Events of which the same has become."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        value = self.value()
        return queryset.filter(STATES[value][1]) if value in STATES else queryset


class SignalFilter(admin.SimpleListFilter):
    """Events of one signal."""

    title = "signal"
    parameter_name = "signal"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        # Each by one look into the index: to go through a million rows for a few names would take longer than the page.
        names: list[tuple[str, str]] = []
        events, last = Event.objects.order_by("signal").values_list("signal", flat=True), ""
        while last := events.filter(signal__gt=last).first() or "":
            names.append((last, last))
        return names

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        value = self.value()
        # PostgreSQL takes no NUL.
        return queryset if value is None else queryset.filter(signal=value.replace("\0", ""))


@admin.register(Event)
class EventAdmin(RecordAdmin[Event]):
    """Read-only, but for sending again what failed."""

    list_display = ("when", "signal", "state", "left", "tries", "due")
    list_filter = (StateFilter, SignalFilter)
    fields = (
        "signal",
        "sender",
        "shown_arguments",
        "order_key",
        "state",
        "left",
        "tries",
        "shown_errors",
        "created_at",
        "due_at",
        "parked_at",
        "delivered_at",
    )
    allowed_lookups = frozenset({"state", "signal"})
    actions = ("send_again",)

    @admin.display(description="sent")
    def when(self, event: Event) -> str:
        """The time to the second."""
        return date_format(localtime(event.created_at), "Y-m-d H:i:s")

    @admin.display(description="due")
    def due(self, event: Event) -> str:
        """When it is tried next."""
        waits = not event.delivered_at and not event.parked_at
        return date_format(localtime(event.due_at), "Y-m-d H:i:s") if waits else ""

    @admin.display(description="receivers left")
    def left(self, event: Event) -> SafeString:
        """Whom it has not reached."""
        return format_html_join("", "{}<br>", ((uid,) for uid in event.receivers))

    @admin.display(description="arguments")
    def shown_arguments(self, event: Event) -> SafeString:
        """As they are stored."""
        return format_html("<pre>{}</pre>", json.dumps(json.loads(event.arguments), indent=2, ensure_ascii=False))

    @admin.display(description="errors")
    def shown_errors(self, event: Event) -> SafeString:
        """The last one of each receiver."""
        return format_html_join("", "{}<pre>{}</pre>", event.errors.items())

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Whether the user may have a signal delivered again."""
        return request.user.has_perm("outbox.send_again")

    @admin.action(description="Send again to the receivers that are left", permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        """Have what failed delivered now, with as many tries as at first. What a relay has taken on is left to it."""
        failed = Event.objects.filter(FAILED, claim=None)
        events = list(failed.filter(pk__in=queryset.order_by().values("pk")))
        if not events:
            self.message_user(request, "None of these has failed.", messages.INFO)
            return
        keys = [event.pk for event in events]
        count = failed.filter(pk__in=keys).update(parked_at=None, tries=0, due_at=Now())
        LogEntry.objects.log_actions(cast("User", request.user).pk, events, CHANGE, "Sent again.")
        self.message_user(request, f"On their way again: {count}.", messages.SUCCESS)
