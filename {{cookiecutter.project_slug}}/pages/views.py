"""Reading pages; and publishing them, for staff."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import User
from pages import publishing
from pages.models import Page, PageQuerySet, Tag

PAGES_PER_LIST = 10


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


def home(request: HttpRequest) -> HttpResponse:
    """The newest pages."""
    return render(request, "pages/home.html", {"pages": paginate(request, Page.objects.published())})


def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest pages with one tag."""
    tag = get_object_or_404(Tag, slug=slug)
    return render(
        request, "pages/tag.html", {"tag": tag, "pages": paginate(request, Page.objects.published().filter(tags=tag))}
    )


def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page. A draft is not found, except by staff."""
    pages = Page.objects.visible_to(request.user).select_related("author").prefetch_related("tags")
    context = {"page": get_object_or_404(pages, slug=slug), "is_editor": is_editor(request.user)}
    return render(request, "pages/page.html", context)


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


def paginate(request: HttpRequest, pages: PageQuerySet) -> ListPage[Page]:
    """The part of a list that ``?page=`` asks for; whatever it asks for, there is one."""
    return Paginator(pages.for_list(), PAGES_PER_LIST).get_page(request.GET.get("page"))
