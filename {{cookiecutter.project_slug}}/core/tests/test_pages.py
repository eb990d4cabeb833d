"""What every page has: the navigation, and error pages in the look of the site."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views import defaults
from pytest_django import Settings

from accounts.models import User
from core.templatetags.site import navigation


@pytest.mark.parametrize(
    ("visitor", "texts"),
    [
        (AnonymousUser(), ["Login"]),
        (User(), ["Login", "Me"]),
        (User(is_staff=True), ["Login", "Me", "Admin"]),
    ],
    ids=["anyone", "users", "staff"],
)
def test_the_navigation_shows_each_visitor_what_is_for_them(
    rf: RequestFactory, settings: Settings, visitor: User | AnonymousUser, texts: list[str]
) -> None:
    settings.NAVIGATION = [("Login", "login", "anyone"), ("Me", "account", "users"), ("Admin", "admin:index", "staff")]
    request = rf.get(reverse("login"))
    request.user = visitor
    links = navigation(request)
    assert [link.text for link in links] == texts
    assert [link.text for link in links if link.current] == ["Login"]


@pytest.mark.django_db
def test_an_unknown_address_is_answered_with_the_navigation(client: Client) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert 'aria-label="Site"' in response.text


@pytest.mark.django_db
def test_a_form_that_is_out_of_date_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post(reverse("login"))
    assert response.status_code == 403
    assert "This form is out of date" in response.text


def test_the_page_for_a_server_error_needs_no_database(rf: RequestFactory) -> None:
    response = defaults.server_error(rf.get("/"))  # without django_db a query fails the test
    assert "Something went wrong" in response.content.decode()
