"""The middleware that counts is the first of the site, and odd settings are reported."""

import pytest
from pytest_django import Settings

from request_metrics.checks import MIDDLEWARE, check_settings


def found() -> list[str | None]:
    return [finding.id for finding in check_settings()]


def test_the_middleware_is_the_first_of_the_site(settings: Settings) -> None:
    assert settings.MIDDLEWARE[0] == MIDDLEWARE


@pytest.mark.parametrize("seconds", [True, None, float("nan"), 1e9])
def test_an_interval_is_a_number_of_seconds(settings: Settings, seconds: object) -> None:
    settings.REQUEST_METRICS_FLUSH = seconds
    assert found() == ["request_metrics.E002"]


@pytest.mark.parametrize("token", ["a" * 19, 12345678901234567890])
def test_a_token_is_long(settings: Settings, token: object) -> None:
    settings.METRICS_TOKEN = token
    assert found() == ["request_metrics.E003"]


def test_a_long_one_and_none_are_right(settings: Settings) -> None:
    for token in ("a" * 20, ""):
        settings.METRICS_TOKEN = token
        assert found() == []
