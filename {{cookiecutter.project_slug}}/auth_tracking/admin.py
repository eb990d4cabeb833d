"""Sign-ins in the admin: to read, to search, and to unblock."""

import logging

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from auth_tracking import lockout
from auth_tracking.addresses import ip_key, parsed
from auth_tracking.devices import device
from auth_tracking.models import LoginEvent
from auth_tracking.names import name_key
from core.admin import LONGEST_LIST, RecordAdmin

logger = logging.getLogger(__name__)

MOST_UNBLOCKED = 100


@admin.register(LoginEvent)
class LoginEventAdmin(RecordAdmin[LoginEvent]):
    """Read-only. Searches by an exact name or IP address, which an index finds among any number of rows."""

    list_display = ("when", "who", "kind", "ip", "on")
    list_filter = ("kind", "new_device", "time")
    list_select_related = ("user",)
    search_fields = ("name_key",)
    search_help_text = (
        f"A whole email or IP address. The list holds the newest {LONGEST_LIST:,}; this finds older ones."
    )
    fieldsets = (
        (None, {"fields": ("kind", "user", "name", "ip", "user_agent", "time")}),
        ("Of a sign-in", {"fields": ("number", "device", "network", "new_device")}),
        ("To find what belongs together", {"fields": ("name_key", "session")}),
    )
    allowed_lookups = frozenset({"kind__exact", "new_device__exact", "time__gte", "time__lt"})
    actions = ("unblock",)

    @admin.display(description="who")
    def who(self, event: LoginEvent) -> str:
        """The name; of one that no account has, the beginning of its keyed hash."""
        if event.user is not None:
            return event.name or event.user.email
        return f"unknown ({event.name_key[:8]})" if event.name_key else "deleted user"

    @admin.display(description="device")
    def on(self, event: LoginEvent) -> str:
        """The device in words, and whether this user was new to it."""
        words = device(event.user_agent) or "unknown"
        return f"{words} (new)" if event.new_device else words

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LoginEvent], search_term: str
    ) -> tuple[QuerySet[LoginEvent], bool]:
        if not search_term:
            return queryset, False
        ip = parsed(search_term)
        return queryset.filter(name_key=name_key(search_term)) if ip is None else queryset.filter(ip=ip), False

    def has_unblock_permission(self, request: HttpRequest) -> bool:
        """Whether the user may lift lockouts."""
        return request.user.has_perm("auth_tracking.unblock")

    @admin.action(
        description="Let the names and IP addresses of the selected events try again", permissions=["unblock"]
    )
    def unblock(self, request: HttpRequest, queryset: QuerySet[LoginEvent]) -> None:
        """Let the names try again, from anywhere, and the addresses, with any name."""
        events = list(queryset[: MOST_UNBLOCKED + 1])
        if len(events) > MOST_UNBLOCKED:
            text = (
                f"Select at most {MOST_UNBLOCKED} events. To unblock all names and addresses: manage.py unblock --all"
            )
            self.message_user(request, text, messages.ERROR)
            return
        try:
            lifted = sum(lockout.lift(name=name) for name in {event.name_key for event in events if event.name_key})
            lifted += sum(lockout.lift(ip=ip) for ip in {ip_key(event.ip) for event in events if event.ip})
        except Exception:
            logger.exception("The lockout's store is down.")
            self.message_user(request, "The lockout's store is down: nobody was unblocked.", messages.ERROR)
            return
        for event in events:
            self.log_change(request, event, "Unblocked.")
        if lifted:
            self.message_user(request, f"Attempts forgotten: {lifted}. They may try again.", messages.SUCCESS)
        else:
            self.message_user(request, "None of these was kept out.", messages.INFO)
