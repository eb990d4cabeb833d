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
    ("name", "value", "example"),
    [
        ("DATABASE_URL", "postgres://localhost:port/name", "sqlite:///db.sqlite3 or postgres://"),
        ("CACHE_URL", "redis://[::1", "locmemcache:// or redis://"),
        ("CACHE_URL", "redis://:pass#word@localhost", ""),
        ("CACHE_URL", "redis://one,two", ""),
        ("CACHE_URL", "rediss://one:6379,two:6379/0", ""),
        ("CACHE_URL", "redis://one;redis://two", ""),
        ("CACHE_URL", "redis://:pass,word@localhost", ""),
        ("EMAIL_URL", "smtp://one,two", "smtp+tls://"),
        ("EMAIL_URL", "smtp://user:pass?word@localhost", ""),
        ("SITE_URL", "www.example.com", "https://www.example.com"),
        ("SECURE_HSTS_SECONDS", "a year", "3600"),
        ("LOG_LEVEL", "verbose", "INFO"),
        pytest.param("BROKER_URL", "redis://one,two", "", marks=with_celery),
        pytest.param("METRICS_TOKEN", "short", "what this prints, with 20", marks=with_metrics),
    ],
)
def test_what_is_wrong_stops_the_start_with_an_example(
    name: str, value: str, example: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        load(**PRODUCTION | {name: value})
    assert capsys.readouterr().err.startswith(f"{name} is not valid. An example: {example}")


@pytest.mark.parametrize(
    ("environment", "names"),
    [
        (PRODUCTION | {"ALLOWED_HOSTS": ", "}, "ALLOWED_HOSTS"),
        (PRODUCTION | {"SECRET_KEY": " ", "EMAIL_URL": ""}, "SECRET_KEY, EMAIL_URL"),
        ({"DEBUG": "true"}, "SECRET_KEY, DATABASE_URL"),
    ],
)
def test_all_that_is_not_set_is_named(
    environment: dict[str, str], names: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        load(**environment)
    assert capsys.readouterr().err.startswith(f"Not set: {names}.")


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


def test_mail_goes_out_encrypted_where_its_url_says_so() -> None:
    loaded = load(**PRODUCTION)
    if django.VERSION >= (6, 1):
        options = loaded["MAILERS"]["default"]["OPTIONS"]
    else:
        options = {name.removeprefix("EMAIL_").lower(): value for name, value in loaded.items()}
    assert (options["host"], options["port"]) == ("mail.example.com", 587)
    assert (options["use_tls"], options["use_ssl"]) == (True, False)
    user, password = ("username", "password") if django.VERSION >= (6, 1) else ("host_user", "host_password")
    assert (options[user], options[password]) == ("user", "password")


def test_a_forwarded_header_is_believed_only_when_asked() -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in load(**PRODUCTION)
    loaded = load(**PRODUCTION, BEHIND_TLS_PROXY="true")
    assert loaded["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_a_redis_that_does_not_answer_holds_nobody_for_long() -> None:
    options = load(**PRODUCTION, CACHE_URL="rediss://cache.example.com?ssl_cert_reqs=required")["CACHES"]["default"][
        "OPTIONS"
    ]
    assert options == {"socket_connect_timeout": 1, "socket_timeout": 1, "ssl_cert_reqs": "required"}
    assert load(**PRODUCTION)["CACHES"]["default"]["OPTIONS"] == {"MAX_ENTRIES": 10_000}  # of local memory


def test_a_site_of_any_host_has_the_address_that_is_set() -> None:
    assert load(**PRODUCTION | {"ALLOWED_HOSTS": "*", "SITE_URL": "http://[::1]"})["SITE_URL"] == "http://[::1]"


def test_an_empty_variable_counts_as_not_set() -> None:
    loaded = load(**PRODUCTION, CACHE_URL="", LOG_LEVEL="")
    assert loaded["CACHES"] == load(**PRODUCTION)["CACHES"]
    assert loaded["LOGGING"] == load(**PRODUCTION)["LOGGING"]
