"""Error pages keep the look of the site, whatever has failed."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory
from django.utils.html import escape
from django.views import defaults
from pytest_django import Settings


@pytest.mark.django_db
def test_404_keeps_the_navigation_and_shows_hostile_addresses_as_text(client: Client) -> None:
    response = client.get("/<script>alert(1)</script>")
    assert response.status_code == 404
    assert "Not found" in response.text
    assert 'aria-label="Site"' in response.text
    assert "<script>alert" not in response.text


def test_500_needs_neither_database_nor_collected_static_files(settings: Settings) -> None:
    # No django_db mark: the first query would fail this test.
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    response = defaults.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Something went wrong" in response.content.decode()
    assert escape(settings.SITE_NAME) in response.content.decode()


@pytest.mark.django_db
def test_403_keeps_the_navigation(client: Client) -> None:
    request = client.get("/").wsgi_request
    response = defaults.permission_denied(request, PermissionDenied())
    assert response.status_code == 403
    assert "Not allowed" in response.content.decode()
    assert 'aria-label="Site"' in response.content.decode()
