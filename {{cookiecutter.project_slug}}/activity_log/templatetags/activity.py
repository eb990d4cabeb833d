"""What was recorded, for the pages of the admin."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.db.models import Model, QuerySet
from django.template import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from activity_log import diffs
from activity_log.models import ActivityEntry
from activity_log.named import lineage, options_of
from activity_log.values import key_of

register = template.Library()

MOST_ENTRIES = 50


@register.simple_tag(takes_context=True)
def activity_of(context: Context, instance: Model) -> dict[str, Any] | None:
    """The newest entries about an object, for those who may see entries; None for all others, and other models."""
    if not options_of(type(instance)) or not context["request"].user.has_perm("activity_log.view_activityentry"):
        return None
    return {"entries": entries_of(instance)[:MOST_ENTRIES], "url": url_of(instance._meta.label_lower, key_of(instance))}


@register.simple_tag
def changes_of(entry: ActivityEntry) -> SafeString:
    """What an entry tells, as a diff."""
    return render_to_string("activity_log/changes.html", {"entry": entry, "changes": diffs.changes(entry)})


def entries_of(instance: Model) -> QuerySet[ActivityEntry]:
    """The entries about an object, the newest first: as what it is, and as what it inherits from."""
    names = lineage(type(instance))
    return ActivityEntry.objects.filter(model__in=names, object_key=key_of(instance)).order_by("-id")


def url_of(model: str, key: str) -> str:
    """The list of the entries about an object."""
    return f"{reverse('admin:activity_log_activityentry_changelist')}?{urlencode({'model': model, 'object_key': key})}"
