"""No header opens the metrics but the token, and the page costs four queries, along indexes."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from request_metrics.buffer import buffer
from request_metrics.flushing import background
from request_metrics.models import Failure, RequestCount, SlowRequest

pytestmark = pytest.mark.django_db

TOKEN = "a-token-that-nobody-guesses"


def ask(*paths: str) -> None:
    """Have these requests made and stored."""
    for path in paths:
        response: Any = Client(raise_request_exception=False).get(path)
        b"".join(response)
    background.flush()


class TestPage:
    url = "/requests/"

    @pytest.mark.parametrize(
        "paths", [["/plain"], ["/plain", "/strange", "/failing", "/streaming", "/in_loop", "/file"]]
    )
    def test_costs_four_queries_whatever_it_shows(self, staff: Callable[..., Client], paths: list[str]) -> None:
        ask(*paths)
        client = staff("view_failure")
        with CaptureQueriesContext(connection) as queries:
            client.get(self.url)
        statements = "\n".join(query["sql"] for query in queries)
        assert re.findall(r'FROM "(request_metrics_\w+)"', statements) == [
            "request_metrics_requestcount",
            "request_metrics_requestcount",
            "request_metrics_slowrequest",
            "request_metrics_failure",
        ]

    def test_escapes_what_it_shows(self, staff: Callable[..., Client]) -> None:
        buffer.add("<b>route", 2, 1)
        buffer.add_failure("<b>type", "<b>place", "<b>route")
        background.flush()
        assert "<b>" not in staff("view_failure").get(self.url).text

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    def test_is_read_by_index(self, staff: Callable[..., Client], plans: Callable[..., list[str]]) -> None:
        ask("/plain", "/failing")
        client = staff("view_failure")
        for table in ("requestcount", "slowrequest", "failure"):
            found = plans(client, self.url, f"request_metrics_{table}")
            assert found
            assert all("Index" in plan for plan in found)

    def test_is_for_staff(self, client: Client) -> None:
        assert client.get(self.url).status_code == 302
        client.force_login(User.objects.create_user("ada@example.com"))
        assert client.get(self.url).status_code == 403
        assert client.post(self.url).status_code == 405

    def test_shows_what_was_counted(self, staff: Callable[..., Client]) -> None:
        ask("/plain", "/plain", "/failing?secret", "/nowhere")
        text = staff("view_failure").get(self.url).text
        assert "4 requests, 1 failed." in " ".join(text.split())
        assert len(re.findall(r'<rect class="status-\d" x=', text)) == 3
        for name, requests, failed in (("plain", 2, 0), ("failing", 1, 1), ("(no view)", 1, 0)):
            assert re.search(
                rf'<th scope="row">{re.escape(name)}</th><td>{requests}</td><td[^>]*>{failed}</td>', text
            ), name
        assert "<code>proofs.request_metrics.views.OutOfOrderError</code> in <code>proofs/request_metrics/" in text
        assert "secret" not in text
        assert "nowhere" not in text

    @pytest.mark.parametrize(
        ("hours", "seen"), [("", False), ("?hours=168", True), ("?hours=9", False), ("?hours=%00", False)]
    )
    def test_of_a_day_or_a_week(self, staff: Callable[..., Client], hours: str, seen: bool) -> None:
        ask("/plain", "/failing")
        then = timezone.now() - timedelta(hours=30)
        RequestCount.objects.filter(route="failing", hour__year__gt=1970).update(hour=then)
        SlowRequest.objects.filter(route="failing").update(time=then)
        Failure.objects.update(last_at=then)
        text = staff("view_failure").get(f"{self.url}{hours}").text
        assert text.count('<th scope="row">plain</th>') == 2
        assert text.count('<th scope="row">failing</th>') == (2 if seen else 0)
        assert ("OutOfOrderError" in text) is seen


class TestMetrics:
    url = "/requests/metrics"

    @pytest.fixture(autouse=True)
    def token(self, settings: Settings) -> None:
        settings.METRICS_TOKEN = TOKEN

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "Bearer",
            "Bearer ",
            TOKEN,
            f"Basic {TOKEN}",
            f"Bearer {TOKEN} ",
            f"Bearer  {TOKEN}",
            f"Bearer {TOKEN[:-1]}",
            f"Bearer {TOKEN.upper()}",
            "Bearer \xff\x00\udcff",
            "Bearer " + "é" * 10_000,
        ],
    )
    def test_is_closed_to_whoever_has_not_the_token(self, client: Client, value: str) -> None:
        response = client.get(self.url, headers={"Authorization": value})
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"
        assert response["Cache-Control"] == "no-store"
        assert response.text == "The token is missing or wrong.\n"

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
    def test_is_open_to_whoever_has_it(
        self, client: Client, scheme: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        ask("/plain")
        with django_assert_num_queries(2):
            response = client.get(self.url, headers={"Authorization": f"{scheme} {TOKEN}"})
        assert response.status_code == 200
        assert response["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert response["Cache-Control"] == "no-store"
        assert 'http_requests_total{route="plain",status="2xx"} 1\n' in response.text

    def test_comes_over_https_where_everything_does(self, client: Client, settings: Settings) -> None:
        settings.SECURE_SSL_REDIRECT = True
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert client.get(self.url, headers=headers).status_code == 301
        assert client.get(self.url, headers=headers, secure=True).status_code == 200

    def test_says_so_if_the_database_is_down(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def down() -> None:
            raise OperationalError("at secret.example.com")

        monkeypatch.setattr("request_metrics.prometheus.exposition", down)
        response = client.get(self.url, headers={"Authorization": f"Bearer {TOKEN}"})
        assert (response.status_code, response.text) == (503, "The database cannot be read.\n")

    def test_is_not_there_unless_there_is_a_token(self, settings: Settings, client: Client) -> None:
        settings.METRICS_TOKEN = ""
        for value in ("", "Bearer", "Bearer ", f"Bearer {TOKEN}"):
            assert client.get(self.url, headers={"Authorization": value}).status_code == 404

    def test_is_closed_to_staff(self, admin_client: Client) -> None:
        assert admin_client.get(self.url).status_code == 401

    def test_is_only_read(self, client: Client) -> None:
        assert client.post(self.url).status_code == 405
