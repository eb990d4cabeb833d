"""Reading pages; and publishing them, for staff."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST

from accounts.models import User
from pages import publishing
from pages.models import Page
from pages.reads import PageReads, part_number


def is_editor(user: User | AnonymousUser) -> bool:
    """Whether a user may publish: staff, who see drafts, with the permission to change pages."""
    return user.is_staff and user.has_perm("pages.change_page")


def editors_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer anybody else with 403."""

    @wraps(view)
    def checked_view(request: HttpRequest, slug: str) -> HttpResponse:
        if not is_editor(request.user):
            raise PermissionDenied
        return view(request, slug)

    return checked_view


def reads() -> PageReads:
    """What pages are read through (``PAGE_READS``)."""
    found: PageReads = import_string(settings.PAGE_READS)()
    return found


def home(request: HttpRequest) -> HttpResponse:
    """The newest pages."""
    return render(request, "pages/home.html", {"part": reads().newest(part_number(request.GET.get("page")))})


def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pages with one tag."""
    found = reads().tagged(slug, part_number(request.GET.get("page")))
    if found is None:
        raise Http404
    tag, part = found
    return render(request, "pages/tag.html", {"tag": tag, "part": part})


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page. A draft is not found, except by staff."""
    drafts_too = request.user.is_staff
    found = Page.objects.for_reading().filter(slug=slug).first() if drafts_too else reads().page(slug)
    if found is None:
        raise Http404
    return render(request, "pages/page.html", {"page": found, "is_editor": is_editor(request.user)})


@require_POST
@editors_only
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a page public, and show it."""
    page = get_object_or_404(Page, slug=slug)
    if publishing.publish(page):
        messages.success(request, "The page is published.")
    return redirect(page)


@require_POST
@editors_only
def unpublish(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a page a draft again, and show it."""
    page = get_object_or_404(Page, slug=slug)
    if publishing.unpublish(page):
        messages.success(request, "The page is a draft again.")
    return redirect(page)
