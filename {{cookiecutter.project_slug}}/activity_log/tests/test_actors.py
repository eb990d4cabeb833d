"""An entry names who did it, and in which request."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import User
from activity_log.models import ActivityEntry
from core.actors import acting_as
from testing.models import Category, Product

pytestmark = pytest.mark.urls(__name__)


def create_category(request: HttpRequest) -> HttpResponse:
    Category.objects.create(name="Seats")
    return HttpResponse()


urlpatterns = [path("create/", create_category)]


def test_an_entry_names_the_user_and_the_request(lamp: Product, ada: User, client: Client) -> None:
    client.force_login(ada)
    client.get("/create/", headers={"x-request-id": "abc"})
    entry = ActivityEntry.objects.get()
    assert (entry.user_id, entry.actor, entry.request_id) == (ada.pk, "Ada", "abc")


def test_nobody_is_named_when_nobody_is_signed_in(lamp: Product, client: Client) -> None:
    client.get("/create/")
    entry = ActivityEntry.objects.get()
    assert (entry.user_id, entry.actor) == (None, "")


def test_a_task_can_say_who_it_is(lamp: Product) -> None:
    with acting_as("nightly import"):
        lamp.delete()
    assert ActivityEntry.objects.get().actor == "nightly import"
