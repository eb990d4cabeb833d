"""What came from the cache, to see in the browser's developer tools."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from cache_invalidation import reads


class CacheHeaderMiddleware(MiddlewareMixin):
    """In ``DEBUG``, says in the header ``X-Cache`` how each read of the request went: "hit", "miss", ..."""

    def process_request(self, request: HttpRequest) -> None:
        """Begin anew: the thread may have served somebody else before."""
        reads.outcomes.set([] if settings.DEBUG else None)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header, if anything was read."""
        if outcomes := reads.outcomes.get():
            response.headers["X-Cache"] = ", ".join(outcomes)
        return response
