"""What staff and Prometheus see."""

from datetime import timedelta
from secrets import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from request_metrics import prometheus
from request_metrics.buffer import SLOWEST
from request_metrics.models import Failure, SlowRequest
from request_metrics.summary import FAILED, KINDS, bars, by_hour, by_route

# For how many hours the page can be seen, the first unless another is asked for.
HOURS = {"24": "24 hours", "168": "7 days"}
FAILURES_SHOWN = 20


@require_safe
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    """For staff: how many requests there were and how long they took; and what failed, for those who may see it."""
    if not request.user.is_staff:
        raise PermissionDenied
    chosen = request.GET.get("hours")
    chosen = chosen if chosen in HOURS else next(iter(HOURS))
    now = timezone.now()
    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=int(chosen) - 1)
    hours = by_hour(begin, now)
    failures = Failure.objects.filter(last_at__gte=begin).order_by("-last_at", "pk")[:FAILURES_SHOWN]
    context = {
        "choices": HOURS,
        "chosen": chosen,
        "interval": settings.REQUEST_METRICS_FLUSH,
        "begin": begin,
        "kinds": KINDS,
        "hours": hours,
        "busy": [hour for hour in hours if hour.total],
        "bars": bars(hours),
        "total": sum(hour.total for hour in hours),
        "failed": sum(hour.counts.get(status, 0) for hour in hours for status in FAILED),
        "most": max(hour.total for hour in hours),
        "routes": by_route(begin),
        "slow": SlowRequest.objects.filter(time__gte=begin).order_by("-seconds", "pk")[:SLOWEST],
        "failures": failures if request.user.has_perm("request_metrics.view_failure") else None,
    }
    return render(request, "request_metrics/requests.html", context)


@require_safe
@cache_control(no_store=True)
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, if it shows the token; not there while there is none (``METRICS_TOKEN``)."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    right = compare_digest(token.encode(errors="replace"), settings.METRICS_TOKEN.encode())
    if scheme.lower() != "bearer" or not right:
        headers = {"WWW-Authenticate": "Bearer"}
        return HttpResponse("The token is missing or wrong.\n", status=401, headers=headers, content_type="text/plain")
    try:
        text = prometheus.exposition()
    except Error:
        return HttpResponse("The database cannot be read.\n", status=503, content_type="text/plain")
    return HttpResponse(text, content_type=prometheus.CONTENT_TYPE)
