"""The settings accept every valid environment, and stop the start with one line at an invalid one."""

import os
import runpy
import subprocess
import sys
from typing import Any
from unittest.mock import patch

import django
import pytest
from django.conf import settings

PRODUCTION = {
    # django-environ would take a value with a dollar sign in front for the name of another variable.
    "SECRET_KEY": "$a-long-and-random-key-that-no-example-file-holds-0123456789",
    "DATABASE_URL": "sqlite:///db.sqlite3",
    "ALLOWED_HOSTS": "www.example.com",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}

with_celery = pytest.mark.skipif(not hasattr(settings, "CELERY_BROKER_URL"), reason="the site has no Celery")
with_metrics = pytest.mark.skipif("request_metrics" not in settings.INSTALLED_APPS, reason="no request_metrics")


def load(**environment: str) -> dict[str, Any]:
    """The settings under this environment, and no other."""
    with patch.dict(os.environ, {"ENV_FILE": ""} | environment, clear=True):
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with this environment and nothing that the tests set."""
    ours = {*PRODUCTION, "DEBUG", "DEBUG_TOOLBAR", "ENV_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env=kept | {"DJANGO_SETTINGS_MODULE": "config.settings", "ENV_FILE": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_the_deployment_check() -> None:
    check = ("check", "--deploy", "--fail-level=DEBUG")
    result = run(sys.executable, "-W", "error", "manage.py", *check, **PRODUCTION)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_without_an_environment_gunicorn_stops_with_one_line() -> None:
    result = run(sys.executable, "-m", "gunicorn", "--bind=127.0.0.1:0", "config.wsgi")
    assert result.returncode == 3
    assert result.stderr.count("Not set: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS, EMAIL_URL. Copy .env.example") == 1
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (PRODUCTION | {"ALLOWED_HOSTS": ", "}, "Not set: ALLOWED_HOSTS."),
        ({"DEBUG": "true"}, "Not set: SECRET_KEY, DATABASE_URL."),
        (PRODUCTION | {"DATABASE_URL": "postgres://localhost:port/name"}, "DATABASE_URL is not valid. An example:"),
        (PRODUCTION | {"CACHE_URL": "redis://[::1"}, "CACHE_URL is not valid. An example:"),
        (PRODUCTION | {"CACHE_URL": "redis://:pass#word@localhost"}, "CACHE_URL is not valid. An example:"),
        (PRODUCTION | {"CACHE_URL": "redis://one,two"}, "CACHE_URL is not valid. An example:"),
        (PRODUCTION | {"CACHE_URL": "rediss://one:6379,two:6379/0"}, "CACHE_URL is not valid. An example:"),
        (PRODUCTION | {"CACHE_URL": "redis://one;redis://two"}, "CACHE_URL is not valid. An example:"),
        (PRODUCTION | {"CACHE_URL": "redis://:pass,word@localhost"}, "CACHE_URL is not valid. An example:"),
        (PRODUCTION | {"EMAIL_URL": "smtp://one,two"}, "EMAIL_URL is not valid. An example:"),
        (PRODUCTION | {"EMAIL_URL": "smtp://user:pass?word@localhost"}, "EMAIL_URL is not valid. An example:"),
        (PRODUCTION | {"SITE_URL": "www.example.com"}, "SITE_URL is not valid. An example: https://www.example.com"),
        (PRODUCTION | {"SECURE_HSTS_SECONDS": "a year"}, "SECURE_HSTS_SECONDS is not valid. An example: 3600"),
        pytest.param(
            PRODUCTION | {"BROKER_URL": "redis://one,two"}, "BROKER_URL is not valid. An example:", marks=with_celery
        ),
        pytest.param(
            PRODUCTION | {"METRICS_TOKEN": "short"},
            "METRICS_TOKEN is not valid. An example: what this prints, with 20",
            marks=with_metrics,
        ),
        (PRODUCTION | {"LOG_LEVEL": "verbose"}, "LOG_LEVEL is not valid. An example: INFO"),
    ],
)
def test_what_is_wrong_stops_the_start_and_is_told(
    environment: dict[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        load(**environment)
    assert stop.value.code == 3
    assert capsys.readouterr().err.startswith(message)


def test_static_files_are_served_right_after_the_security_headers_are_set() -> None:
    names = [name.rpartition(".")[2] for name in load(**PRODUCTION)["MIDDLEWARE"]]
    assert names[names.index("SecurityMiddleware") + 1] == "WhiteNoiseMiddleware"


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": "sqlite://:memory:"},
        {"DATABASE_URL": "postgres://user:pass%40word@[::1]:5432/name"},
        {"DATABASE_URL": "postgres:///name"},
        {"DATABASE_URL": "postgres://user@one:5432,two:5432/name?target_session_attrs=read-write"},
        {"CACHE_URL": "rediss://:password@cache.example.com:6379/0?ssl_cert_reqs=required"},
        {"CACHE_URL": "redis://localhost"},
        {"CACHE_URL": "redis://:pass%2Cword@localhost"},
        {"EMAIL_URL": "smtp://localhost:1025"},
    ],
)
def test_what_is_right_is_taken(environment: dict[str, str]) -> None:
    assert load(**PRODUCTION | environment)["DEBUG"] is False


def test_a_redis_that_does_not_answer_holds_nobody_for_long() -> None:
    options = load(**PRODUCTION, CACHE_URL="rediss://cache.example.com?ssl_cert_reqs=required")["CACHES"]["default"][
        "OPTIONS"
    ]
    assert options == {"socket_connect_timeout": 1, "socket_timeout": 1, "ssl_cert_reqs": "required"}
    assert load(**PRODUCTION)["CACHES"]["default"]["OPTIONS"] == {"MAX_ENTRIES": 10_000}  # of local memory


def test_links_in_mail_lead_to_a_site_that_has_no_name() -> None:
    assert load(**PRODUCTION | {"ALLOWED_HOSTS": "*", "SITE_URL": "http://[::1]"})["SITE_URL"] == "http://[::1]"


def test_an_empty_variable_counts_as_not_set() -> None:
    loaded = load(**PRODUCTION, CACHE_URL="", LOG_LEVEL="")
    assert loaded["CACHES"] == load(**PRODUCTION)["CACHES"]
    assert loaded["LOGGING"] == load(**PRODUCTION)["LOGGING"]


@pytest.mark.skipif(django.VERSION >= (6, 1), reason="Django has MAILERS")
def test_mail_goes_out_encrypted_where_its_url_says_so() -> None:
    loaded = load(**PRODUCTION)
    assert (loaded["EMAIL_HOST"], loaded["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (loaded["EMAIL_HOST_USER"], loaded["EMAIL_HOST_PASSWORD"]) == ("user", "password")
    assert (loaded["EMAIL_USE_TLS"], loaded["EMAIL_USE_SSL"]) == (True, False)


@pytest.mark.skipif(django.VERSION < (6, 1), reason="Django has no MAILERS")
def test_mailers_encrypt_where_their_url_says_so() -> None:
    options = load(**PRODUCTION)["MAILERS"]["default"]["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.com", 587)
    assert (options["username"], options["password"]) == ("user", "password")
    assert (options["use_tls"], options["use_ssl"]) == (True, False)
