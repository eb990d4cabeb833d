"""A user whom the web server signs in stays signed in, in whatever case it writes their address."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User


@pytest.mark.django_db
def test_a_name_with_capitals_is_signed_in_once(client: Client, settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["accounts.backends.RemoteUserBackend"]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.RemoteUserMiddleware"]
    keys = set()
    for _ in range(3):
        assert client.get(reverse("account"), REMOTE_USER="Eve@Example.com").status_code == 200
        keys.add(client.session.session_key)
    assert len(keys) == 1
    assert User.objects.get().email == "eve@example.com"
