"""Reading pages; and publishing them, for staff."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Page as ListPage
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from pages import publishing
from pages.models import Page, PageQuerySet, Tag

PAGES_PER_LIST = 10


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
    return render(request, "pages/page.html", {"page": get_object_or_404(pages, slug=slug)})


@require_POST
@permission_required("pages.change_page", raise_exception=True)
def publish(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a page public, and show it."""
    page = get_object_or_404(Page, slug=slug)
    if publishing.publish(page):
        messages.success(request, "The page is published.")
    return redirect(page)


@require_POST
@permission_required("pages.change_page", raise_exception=True)
def unpublish(request: HttpRequest, slug: str) -> HttpResponse:
    """Make a page a draft again, and show it."""
    page = get_object_or_404(Page, slug=slug)
    if publishing.unpublish(page):
        messages.success(request, "The page is a draft again.")
    return redirect(page)


def paginate(request: HttpRequest, pages: PageQuerySet) -> ListPage[Page]:
    """The part of a list that ``?page=`` asks for; whatever it asks for, there is one."""
    return Paginator(pages.for_list(), PAGES_PER_LIST).get_page(request.GET.get("page"))
