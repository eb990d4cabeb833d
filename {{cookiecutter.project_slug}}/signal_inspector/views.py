"""What staff see."""

from django.http import HttpRequest, HttpResponse


def map(request: HttpRequest) -> HttpResponse:
    """To be written."""
    return HttpResponse("")
