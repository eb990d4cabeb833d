"""What staff see."""

from django.http import HttpRequest, HttpResponse


def requests(request: HttpRequest) -> HttpResponse:
    """To be written."""
    return HttpResponse("")
