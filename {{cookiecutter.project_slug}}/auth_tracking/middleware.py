"""What someone sees who is kept out."""

from typing import Any

from django.contrib.auth.views import PasswordResetView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

from auth_tracking import lockout

# If the store is down and LOCKOUT_FAILS_OPEN is off: when to try again, in seconds.
STORE_DOWN_RETRY = 60


class LockoutMiddleware(MiddlewareMixin):
    """Answers with 429 and ``Retry-After`` when an attempt to sign in was refused, whichever page it was made on.

    The same for names that exist and names that do not. With 503 if attempts cannot be counted and none are let in.

    Counts requests for a link for a new password too, apart from passwords: who is kept out can still ask for one.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Begin anew: the thread may have served somebody else before."""
        lockout.current.set(None)
        lockout.of_request.set([])

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Send no mail for a request beyond the limits."""
        view_class = getattr(view, "view_class", object)
        if request.method != "POST" or not issubclass(view_class, PasswordResetView):
            return None
        refused = lockout.take(request, f"reset {request.POST.get('email', '').strip()}").refused
        return HttpResponse() if refused else None  # process_response makes the page

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Take the place of the page that would have said that name or password are wrong."""
        refused = [attempt for attempt in lockout.of_request.get() or [] if attempt.refused]
        if not refused:
            return response
        attempt = refused[-1]
        status, retry_after = (503, STORE_DOWN_RETRY) if attempt.closed else (429, attempt.retry_after)
        minutes = -(-retry_after // 60)
        context = {"closed": attempt.closed, "minutes": minutes}
        page: HttpResponse
        if answers_with_json(request, response):
            fact = "Signing in is not possible right now." if attempt.closed else "Too many attempts."
            wait = "a few minutes" if attempt.closed else f"{minutes} minute{pluralize(minutes)}"
            page = JsonResponse({"detail": f"{fact} Please try again in {wait}."}, status=status)
        else:
            page = render(request, "auth_tracking/locked_out.html", context, status=status)
        page.headers["Retry-After"] = str(retry_after)
        add_never_cache_headers(page)
        return page


def answers_with_json(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the client prefers JSON, or gets it from the view in any case."""
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
