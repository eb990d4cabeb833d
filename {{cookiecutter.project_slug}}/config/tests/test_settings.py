"""What the settings make of the environment, each time in a process of its own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

PRODUCTION = {
    "SECRET_KEY": "a-long-and-random-key-that-no-example-file-holds-0123456789",
    "DATABASE_URL": "sqlite:///db.sqlite3",
    "ALLOWED_HOSTS": "www.example.com",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
    "DEBUG": "false",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py with this environment, and nothing of the tests' own."""
    kept = {name: value for name, value in os.environ.items() if name not in {*PRODUCTION, "DEBUG_TOOLBAR"}}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in PRODUCTION.items() if name not in names}


def test_production_passes_the_deployment_check() -> None:
    result = manage("check", "--deploy", "--fail-level", "DEBUG", **PRODUCTION)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "System check identified no issues (0 silenced).\n"


def test_migrations_are_complete() -> None:
    result = manage("makemigrations", "--check", **PRODUCTION)
    assert (result.returncode, result.stdout) == (0, "No changes detected\n")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (
            without("SECRET_KEY"),
            "Not set: SECRET_KEY. Copy .env.example to .env, or set it in the environment.",
        ),
        (
            {},
            "Not set: SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS, EMAIL_URL. "
            "Copy .env.example to .env, or set it in the environment.",
        ),
        (
            {"DEBUG": "true"},
            "Not set: SECRET_KEY, DATABASE_URL. Copy .env.example to .env, or set it in the environment.",
        ),
        (
            PRODUCTION | {"SECRET_KEY": "example-key-for-development-only"},
            "SECRET_KEY is the one from .env.example. Set a long random one, or DEBUG=true on your own machine.",
        ),
        (
            PRODUCTION | {"DATABASE_URL": "mysite"},
            "DATABASE_URL should look like sqlite:///db.sqlite3 or postgres://user:password@localhost:5432/name.",
        ),
    ],
    ids=["no-key", "nothing", "nothing-to-develop-with", "example-key", "no-database-url"],
)
def test_what_is_wrong_stops_the_start_with_one_line(environment: dict[str, str], message: str) -> None:
    result = manage("check", **environment)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", message + "\n")


def test_the_example_file_is_good_for_development() -> None:
    result = manage("check", ENV_FILE=".env.example", DEBUG_TOOLBAR="false")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_secret_key_may_begin_with_a_dollar_sign() -> None:
    result = manage("check", **PRODUCTION | {"SECRET_KEY": "$" + PRODUCTION["SECRET_KEY"]})
    assert (result.returncode, result.stderr) == (0, "")
