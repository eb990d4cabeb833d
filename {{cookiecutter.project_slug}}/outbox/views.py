"""What staff and monitors see of the delivery."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from core.admin import LONGEST_LIST
from outbox.lag import lag, numbers
from outbox.models import FAILED, Event

FAILURES_SHOWN = 10


@require_safe
@login_required
def delivery(request: HttpRequest) -> HttpResponse:
    """For staff: how far behind the delivery is; and what failed last, for those who may see it."""
    if not request.user.is_staff:
        raise PermissionDenied
    failed = Event.objects.filter(FAILED).order_by("-pk")[:FAILURES_SHOWN]
    context = {
        "numbers": numbers(),
        "late": settings.OUTBOX_LAG,
        "most": LONGEST_LIST,
        "failed": failed if request.user.has_perm("outbox.view_event") else [],
    }
    return render(request, "outbox/delivery.html", context)


@require_safe
@cache_control(no_store=True)
def health(request: HttpRequest) -> HttpResponse:
    """For monitors: status 200, or 503 if no relay delivers in time (``OUTBOX_LAG``) or the database is down.

    What is parked is not unhealthy: to restart a relay would not help it. Anybody may ask, so it counts nothing.
    """
    try:
        late = lag().total_seconds() > settings.OUTBOX_LAG
    except Error:
        return HttpResponse("The database cannot be read.\n", status=503, content_type="text/plain")
    text = "Signals are not delivered in time.\n" if late else "Signals are delivered in time.\n"
    return HttpResponse(text, status=503 if late else 200, content_type="text/plain")
