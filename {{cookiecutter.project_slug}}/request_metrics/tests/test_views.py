"""Staff see how the site does, and so does Prometheus, if it has the token."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse_lazy
from pytest_django import Settings

from accounts.models import User
from request_metrics.models import EVER, RequestCount

pytestmark = pytest.mark.django_db

TOKEN = "a-token-that-nobody-guesses"

Stored = Callable[..., None]
Staff = Callable[..., Client]


class TestPage:
    url = reverse_lazy("request_metrics:requests")

    def test_only_staff_see_the_page(self, client: Client) -> None:
        assert client.get(self.url).status_code == 302
        client.force_login(User.objects.create_user("ada@example.com"))
        assert client.get(self.url).status_code == 403

    def test_the_page_shows_requests_and_failures(self, staff: Staff, stored: Stored) -> None:
        stored("/plain", "/plain", "/failing")
        text = staff("view_failure").get(self.url).text
        assert "3 requests, 1 failed." in " ".join(text.split())
        assert '<th scope="row">plain</th><td>2</td>' in text
        assert "OutOfOrderError</code> in <code>request_metrics/tests/urls.py:" in text

    def test_seeing_failures_takes_a_permission(self, staff: Staff, stored: Stored) -> None:
        stored("/failing")
        assert "OutOfOrderError" not in staff().get(self.url).text

    @pytest.mark.parametrize(("query", "shown"), [("", False), ("?hours=168", True)])
    def test_the_page_shows_a_day_or_a_week(self, staff: Staff, stored: Stored, query: str, shown: bool) -> None:
        stored("/plain")
        for row in RequestCount.objects.exclude(hour=EVER):
            row.hour -= timedelta(hours=30)
            row.save()
        assert ("1 request," in staff().get(f"{self.url}{query}").text) is shown


class TestMetrics:
    url = reverse_lazy("request_metrics:metrics")

    def test_there_are_no_metrics_unless_a_token_is_set(self, client: Client) -> None:
        assert client.get(self.url, headers={"Authorization": "Bearer "}).status_code == 404

    @pytest.mark.parametrize("value", ["", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"])
    def test_a_wrong_token_is_refused(self, client: Client, settings: Settings, value: str) -> None:
        settings.METRICS_TOKEN = TOKEN
        assert client.get(self.url, headers={"Authorization": value}).status_code == 401

    def test_prometheus_reads_requests_and_failures(self, client: Client, settings: Settings, stored: Stored) -> None:
        settings.METRICS_TOKEN = TOKEN
        stored("/plain", "/plain", "/failing")
        response = client.get(self.url, headers={"Authorization": f"Bearer {TOKEN}"})
        assert response["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = response.text.splitlines()
        assert 'http_requests_total{route="plain",status="2xx"} 2' in lines
        assert 'http_request_duration_seconds_bucket{route="plain",status="2xx",le="+Inf"} 2' in lines
        assert re.search(r'request_failures_total\{type="[\w.]+OutOfOrderError",.* 1', response.text)
