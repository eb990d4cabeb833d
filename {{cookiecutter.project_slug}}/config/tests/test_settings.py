"""What the settings make of the environment."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.management import call_command

PRODUCTION = {
    # django-environ would take a value with a dollar sign in front for the name of another variable.
    "SECRET_KEY": "$a-long-and-random-key-that-no-example-file-holds-0123456789",
    "DATABASE_URL": "sqlite:///db.sqlite3",
    "ALLOWED_HOSTS": "www.example.com",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


def load(**environment: str) -> dict[str, Any]:
    """The settings under this environment, and no other."""
    with patch.dict(os.environ, {"ENV_FILE": ""} | environment, clear=True):
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in a process of its own, with this environment and nothing that the tests set."""
    ours = {*PRODUCTION, "DEBUG", "DEBUG_TOOLBAR", "ENV_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=kept | {"ENV_FILE": ""} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_passes_the_deployment_check() -> None:
    result = manage("check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_without_an_environment_the_start_stops_with_one_line() -> None:
    result = manage("runserver")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "Not set: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS, EMAIL_URL. "
        "Copy .env.example to .env, or set it in the environment.\n"
    )


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (PRODUCTION | {"SECRET_KEY": ""}, "Not set: SECRET_KEY."),
        ({"DEBUG": "true"}, "Not set: SECRET_KEY, DATABASE_URL."),
        (PRODUCTION | {"SECRET_KEY": "example-key-for-development-only"}, "SECRET_KEY is the one from .env.example."),
        (
            PRODUCTION | {"DATABASE_URL": "mysite"},
            "DATABASE_URL should be like this: sqlite:///db.sqlite3 or postgres://",
        ),
        (PRODUCTION | {"CACHE_URL": "memory"}, "CACHE_URL should be like this: locmemcache:// or redis://"),
        (PRODUCTION | {"EMAIL_URL": "mail.example.com"}, "EMAIL_URL should be like this: smtp+tls://"),
        (PRODUCTION | {"DEBUG": "ture"}, "DEBUG should be like this: true or false"),
        (PRODUCTION | {"SECURE_HSTS_SECONDS": "a year"}, "SECURE_HSTS_SECONDS should be like this: 3600"),
        (PRODUCTION | {"LOG_LEVEL": "verbose"}, "LOG_LEVEL should be like this: INFO"),
    ],
)
def test_what_is_wrong_stops_the_start_and_is_told(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SystemExit) as stop:
        load(**environment)
    assert str(stop.value).startswith(message)


def test_the_example_file_is_good_for_development() -> None:
    loaded = load(ENV_FILE=str(settings.BASE_DIR / ".env.example"))
    assert loaded["DEBUG"] is True
    assert loaded["ALLOWED_HOSTS"] == []


def test_a_sqlite_file_lies_in_the_site_from_wherever_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(**PRODUCTION)["DATABASES"]["default"]["NAME"] == settings.BASE_DIR / "db.sqlite3"


def test_a_forwarded_header_is_believed_only_when_asked() -> None:
    assert "SECURE_PROXY_SSL_HEADER" not in load(**PRODUCTION)
    assert "SECURE_PROXY_SSL_HEADER" in load(**PRODUCTION, BEHIND_TLS_PROXY="true")


@pytest.mark.django_db
def test_migrations_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True)
    assert capsys.readouterr().out == "No changes detected\n"
