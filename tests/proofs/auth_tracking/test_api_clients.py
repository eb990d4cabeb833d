"""The token view of Django REST framework answers a locked-out client with JSON."""

from typing import ClassVar

import pytest
from django.test import Client
from django.urls import path
from pytest_django import Settings
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.renderers import JSONRenderer

from accounts.models import User
from config.urls import urlpatterns


class Urls:
    """The site's, and the token view of Django REST framework."""

    urlpatterns: ClassVar = [*urlpatterns, path("token/", ObtainAuthToken.as_view(renderer_classes=[JSONRenderer]))]


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["application/json", "*/*", None])
def test_a_token_view_answers_with_json(client: Client, settings: Settings, accept: str | None) -> None:
    User.objects.create_user("ada@example.com", "correct horse 9")
    settings.ROOT_URLCONF = Urls
    headers = {"accept": accept} if accept else {}
    credentials = {"username": "ada@example.com", "password": "wrong"}
    answers = [client.post("/token/", credentials, "application/json", headers=headers) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert 890 <= int(answers[-1].headers["Retry-After"]) <= 900
    assert answers[-1].json() == {"detail": "Too many attempts. Please try again in 15 minutes."}
