"""What staff see."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from signal_inspector.connections import connections
from signal_inspector.counting import counts
from signal_inspector.page import filtered, page_of
from signal_inspector.telling import told


@require_safe
@login_required
def map(request: HttpRequest) -> HttpResponse:
    """The map, for staff: names of code, and where it is within the site; nothing of what the site holds."""
    if not request.user.is_staff:
        raise PermissionDenied
    found, form = filtered(connections(), request.GET.dict())
    return render(request, "signal_inspector/map.html", page_of(found) | {"form": form})


@require_safe
@never_cache
def numbers(request: HttpRequest) -> JsonResponse:
    """What the map's script fills in; 403 for who is not staff, and 404 if nothing is counted."""
    if not (request.user.is_authenticated and request.user.is_staff):
        return JsonResponse({}, status=403)
    counted = counts()
    return JsonResponse({}, status=404) if counted is None else JsonResponse(told(counted))
