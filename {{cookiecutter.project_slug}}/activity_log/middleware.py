"""Says on whose behalf a request writes."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from activity_log import actors


class ActivityMiddleware(MiddlewareMixin):
    """Has entries name the user and the id of the request, and sends the id back as ``X-Request-ID``."""

    def process_request(self, request: HttpRequest) -> None:
        """Keep who acted before: a test's client makes a request within ``acting_as``."""
        before = actors.current.get()
        actors.current.set(actors.Actor(request=request, request_id=actors.request_id(request), before=before))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave nothing behind for whatever the thread does next."""
        actor = actors.current.get()
        # Set, not reset: in an asynchronous server these two run in contexts of their own.
        actors.current.set(actor and actor.before)
        if actor is not None:
            response.headers["X-Request-ID"] = actor.request_id
        return response
