"""No header opens the metrics but the token, and the page costs four queries, along indexes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from request_metrics.buffer import buffer
from request_metrics.flushing import background

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
