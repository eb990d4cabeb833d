"""The settings: what they make of the environment, and which mistakes stop the start."""

import os
import re
import runpy
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command

PRODUCTION = {
    "SECRET_KEY": "a-long-and-random-key-that-no-example-file-holds-0123456789",
    "DATABASE_URL": "sqlite:///db.sqlite3",
    "ALLOWED_HOSTS": "www.example.com, example.com",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def load(environment: dict[str, str]) -> dict[str, Any]:
    """The settings under this environment, and no other."""
    with patch.dict(os.environ, {"ENV_FILE": ""} | environment, clear=True):
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"SECRET_KEY": " "}, "Not set: SECRET_KEY. Copy .env.example to .env, or set it in the environment."),
        ({"SECRET_KEY": "example-key-for-development-only"}, "SECRET_KEY is the one from .env.example."),
        ({"DATABASE_URL": "mysite"}, "DATABASE_URL is not valid. An example: sqlite:///db.sqlite3 or postgres://"),
        ({"CACHE_URL": "memory"}, "CACHE_URL is not valid. An example: locmemcache:// or redis://"),
        ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL is not valid. An example: smtp+tls://"),
        ({"ALLOWED_HOSTS": "*"}, "Not set: SITE_URL, as ALLOWED_HOSTS names no host. An example: https://"),
        ({"DEBUG": "ture"}, "DEBUG is not valid. An example: true or false"),
    ],
)
def test_a_mistake_stops_the_start_with_one_line(
    change: dict[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        load(PRODUCTION | change)
    assert stop.value.code == 3  # gunicorn then stops too
    error = capsys.readouterr().err
    assert error.startswith(message)
    assert error.count("\n") == 1


def test_production_is_safe_without_further_settings() -> None:
    loaded = load(PRODUCTION)
    assert loaded["DEBUG"] is False
    assert loaded["ALLOWED_HOSTS"] == ["www.example.com", "example.com"]
    assert loaded["SECURE_SSL_REDIRECT"]
    assert loaded["SESSION_COOKIE_SECURE"]
    assert loaded["CSRF_COOKIE_SECURE"]
    assert loaded["SECURE_HSTS_SECONDS"] > 0


def test_the_example_file_is_good_for_development() -> None:
    assert load({"ENV_FILE": str(settings.BASE_DIR / ".env.example")})["DEBUG"] is True


def test_the_example_file_names_every_variable() -> None:
    example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    source = (settings.BASE_DIR / "config" / "settings.py").read_text(encoding="utf-8")
    read = re.findall(r'(?:env|environ|read_list)(?:\.\w+)?[(\[]\s*"([A-Z_]+)"', source)
    assert [name for name in read if f"{name}=" not in example] == []


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load(PRODUCTION | {"CACHE_URL": ""})["CACHES"] == load(PRODUCTION)["CACHES"]


def test_a_relative_sqlite_path_starts_at_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(PRODUCTION)["DATABASES"]["default"]["NAME"] == settings.BASE_DIR / "db.sqlite3"


def test_a_forwarded_header_is_trusted_only_when_asked() -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in load(PRODUCTION)
    assert "SECURE_PROXY_SSL_HEADER" in load(PRODUCTION | {"BEHIND_TLS_PROXY": "true"})


def test_a_redis_that_does_not_answer_holds_a_request_for_a_second() -> None:
    options = load(PRODUCTION | {"CACHE_URL": "redis://cache.example.com"})["CACHES"]["default"]["OPTIONS"]
    assert (options["socket_connect_timeout"], options["socket_timeout"]) == (1, 1)


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        (PRODUCTION, "https://www.example.com"),
        (PRODUCTION | {"ALLOWED_HOSTS": ".example.com"}, "https://example.com"),
        (PRODUCTION | {"SITE_URL": "https://example.com:8443/"}, "https://example.com:8443"),
        (PRODUCTION | {"DEBUG": "true"}, "http://localhost:8000"),
    ],
)
def test_links_in_mail_lead_to_the_site(environment: dict[str, str], url: str) -> None:
    assert load(environment)["SITE_URL"] == url


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True)
