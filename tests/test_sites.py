"""Whole sites: each in an environment of its own, with its own tests, and as a visitor meets it."""

import html
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import requests

import post_gen_project
from conftest import FEATURES, QUESTIONS, outside_environment, python_for, run, services, succeed
from test_answers import ODD_NAME
from test_output import SITES, describe

Generate = Callable[..., Path]
Record = Callable[[str, object], None]

# Answers that are no default.
ODD_ANSWERS = {"project_name": ODD_NAME, "project_slug": "site", "timezone": "Asia/Kathmandu"}

PRODUCTION = {
    "ENV_FILE": "",
    "SECRET_KEY": "a-long-and-random-key-that-no-example-file-holds-0123456789",
    "ALLOWED_HOSTS": "localhost",
    "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
}


# Of those that need no server, the one with most features but for everything goes through its tests by default.
FIRST = max(
    (answers for answers in SITES[1:] if (answers["database"], answers["cache"]) == ("sqlite", "local")),
    key=lambda answers: sum(answers[name] for name in FEATURES),
)


# By turns on the oldest Python and on the newest that is installed.
@pytest.mark.parametrize(
    ("answers", "newest"),
    [
        pytest.param(FIRST | ODD_ANSWERS, True, id=describe(FIRST)),
        pytest.param(SITES[0] | ODD_ANSWERS, True, marks=pytest.mark.whole, id=describe(SITES[0])),
        *(
            pytest.param(answers, number % 2 == 0, marks=pytest.mark.whole, id=describe(answers))
            for number, answers in enumerate(SITES[1:], start=1)
            if answers != FIRST
        ),
    ],
)
def test_a_site_passes_its_own_tests_and_checks_and_serves_its_visitors(
    generate: Generate, record_property: Record, answers: dict[str, Any], newest: bool
) -> None:
    name = f"template_tests_{uuid4().hex}"
    environment = {"UV_PYTHON": python_for(answers["django_version"], newest=newest)}
    servers = services(answers["database"], answers["cache"], name)
    site = generate(**answers)
    everything_passes(site, environment | servers)
    record_property("tested", site.name)
    with there_is_a_database(servers):
        is_visited(site, answers, environment | servers)
    record_property("visited", site.name)


@pytest.mark.whole
def test_with_hooks_off_what_was_not_chosen_lies_there_and_does_nothing(
    template: Path, config_file: Path, tmp_path: Path
) -> None:
    answers = [f"{feature}=no" for feature in FEATURES]
    arguments = ("--no-input", "--accept-hooks", "no", "--config-file", config_file, *answers)
    succeed(sys.executable, "-m", "cookiecutter", template, *arguments, cwd=tmp_path)
    site = tmp_path / "my-site"
    assert all((site / path).exists() for paths in post_gen_project.FEATURES.values() for path in paths)
    outcome = run("uv", "run", "manage.py", "check", cwd=site)
    assert outcome.code == 3
    assert outcome.err.endswith("Copy .env.example to .env, or set it in the environment.\n")
    (site / ".env.example").rename(site / ".env")
    for command in ("check --fail-level WARNING", "makemigrations --check", "migrate --verbosity 0"):
        succeed("uv", "run", "manage.py", *command.split(), cwd=site)
    (site / ".env").rename(site / ".env.example")
    succeed("uv", "run", "pytest", "-n0", "accounts", "config", "core", "pages", cwd=site)


@pytest.mark.whole
def test_the_template_directory_passes_its_own_tests_and_checks(site: Path, record_property: Record) -> None:
    (site / ".env").write_text((site / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    environment = {"UV_PYTHON": python_for("5.2")}
    everything_passes(site, environment)
    at_random = ("--with", "pytest-randomly", "pytest", "-n", "2", "-p", "randomly")
    succeed("uv", "run", *at_random, cwd=site, env=environment)
    assert not list(site.glob("*sqlite3*-*"))
    record_property("tested", site.name)


def everything_passes(site: Path, environment: dict[str, str]) -> None:
    """A site's tests, formatting, lint, types, system check, migrations."""
    assert re.search(r"\d+ passed", succeed("uv", "run", "pytest", "-n0", cwd=site, env=environment))
    succeed("uv", "run", "ruff", "format", "--check", cwd=site, env=environment)
    succeed("uv", "run", "ruff", "check", cwd=site, env=environment)
    succeed("uv", "run", "mypy", ".", cwd=site, env=environment)
    succeed("uv", "run", "manage.py", "check", "--fail-level", "WARNING", cwd=site, env=environment)
    # In a database of their own kind: where DATABASE_URL leads there need not be one.
    there = environment | {"DATABASE_URL": "sqlite:///db.sqlite3"}
    succeed("uv", "run", "manage.py", "migrate", "--verbosity=0", cwd=site, env=there)
    succeed("uv", "run", "manage.py", "makemigrations", "--check", cwd=site, env=there)


@pytest.mark.parametrize("chosen", [False, pytest.param(True, marks=pytest.mark.whole)])
def test_the_two_commands_that_the_hook_prints_give_a_site_where_one_can_sign_up(
    generate: Generate, record_property: Record, tmp_path: Path, capfd: pytest.CaptureFixture[str], chosen: bool
) -> None:
    answers = ODD_ANSWERS | dict.fromkeys(FEATURES, chosen)
    generate(**answers)
    migrate, runserver = re.findall(r"^ {4}(.+)$", capfd.readouterr().out, re.MULTILINE)
    succeed(*shlex.split(migrate), cwd=tmp_path)
    succeed("uv", "run", "manage.py", "seed_demo", cwd=tmp_path / "site")
    port = free_port()
    with serving(*shlex.split(runserver), str(port), cwd=tmp_path, url=f"http://localhost:{port}") as session:
        promote = partial(succeed, "uv", "run", *PROMOTE, cwd=tmp_path / "site")
        visit_everything(session, f"http://localhost:{port}", promote, answers)
        session.get(f"http://localhost:{port}")  # local memory keeps it for five seconds
        assert session.get(f"http://localhost:{port}").headers.get("X-Cache") == ("hit" if chosen else None)
    record_property("visited", "site")


@pytest.mark.whole
@pytest.mark.parametrize(("database", "cache"), [("sqlite", "local"), ("postgresql", "redis")])
def test_in_production_gunicorn_serves_it_over_https(
    generate: Generate, record_property: Record, tmp_path: Path, database: str, cache: str
) -> None:
    name = f"template_production_{uuid4().hex}"
    servers = services(database, cache, name)
    environment = PRODUCTION | {"DATABASE_URL": "sqlite:///db.sqlite3"} | servers
    answers = ODD_ANSWERS | {"database": database, "cache": cache} | dict.fromkeys(FEATURES, True)
    site = generate(**answers)
    with there_is_a_database(servers):
        for command in ("check --deploy --fail-level=WARNING", "migrate --verbosity=0", "seed_demo", "collectstatic"):
            succeed("uv", "run", "--no-dev", "manage.py", *command.split(), cwd=site, env=environment)

        certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
        subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2")
        request = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate)
        succeed(*request, *subject, cwd=tmp_path)
        url = f"https://localhost:{free_port()}"
        command = ("uv", "run", "--no-dev", "gunicorn", "--workers=2", f"--bind={url.removeprefix('https://')}")
        with serving(
            *command,
            f"--certfile={certificate}",
            f"--keyfile={key}",
            "config.wsgi",
            cwd=site,
            env=environment,
            url=url,
            verify=certificate,
        ) as session:
            promote = partial(succeed, "uv", "run", "--no-dev", *PROMOTE, cwd=site, env=environment)
            visit_everything(session, url, promote, answers)
            style = re.search(r'href="(/static/site\.[0-9a-f]+\.css)"', session.get(url).text)
            assert style is not None, "a name that changes with the content"
            assert ":root" in session.get(url + style[1]).text
            assert all(cookie.secure for cookie in session.cookies)
    record_property("visited", site.name)


@contextmanager
def there_is_a_database(servers: dict[str, str]) -> Iterator[None]:
    """While the block runs, if its answers ask for a server."""
    name = urlsplit(servers.get("DATABASE_URL", "")).path.removeprefix("/")
    if name:
        on_server(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    yield
    if name:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


def is_visited(site: Path, answers: dict[str, Any], environment: dict[str, str]) -> None:
    """A site as a developer starts it, by somebody who signs up and looks at everything."""
    succeed("uv", "run", "manage.py", "migrate", "--verbosity=0", cwd=site, env=environment)
    port = free_port()
    command = ("uv", "run", "manage.py", "runserver", str(port))
    with serving(*command, cwd=site, url=f"http://localhost:{port}", env=environment) as session:
        promote = partial(succeed, "uv", "run", *PROMOTE, cwd=site, env=environment)
        visit_everything(session, f"http://localhost:{port}", promote, answers)


def on_server(*statements: str) -> None:
    """Run SQL on the server of ``TEST_DATABASE_URL``."""
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


# Makes whoever has signed up a member of staff who may see everything.
PROMOTE = (
    "manage.py",
    "shell",
    "--command=from accounts.models import User; User.objects.update(is_staff=True, is_superuser=True)",
)


def visit_everything(
    session: requests.Session, url: str, promote: Callable[[], object], answers: dict[str, Any]
) -> None:
    """Sign up, look at every page that the navigation shows, as a member of staff too; sign out, and in again."""
    name = html.escape(answers.get("project_name", QUESTIONS["project_name"]))
    assert get(session, url).count(name) == 3  # the title, the bar, the heading
    assert session.get(f"{url}/no/such/page").status_code == 404
    visitor, password = "visitor@example.com", "correct horse 9"
    form = {"email": "Visitor@Example.com", "name": ODD_NAME, "password1": password, "password2": password}
    account = submit(session, f"{url}/accounts/sign-up/", f"{url}/accounts/sign-up/", form)
    assert visitor in account
    assert ("This is your first sign-in." in account) is answers["auth_tracking"]
    assert ("/profiles/mine/" in links(account)) is answers["profiles"]
    assert "/admin/" not in links(account)
    promote()
    for link in links(get(session, f"{url}/accounts/")):
        assert name in get(session, url + link)
    if answers["profiles"]:
        assert f"<h1>{html.escape(ODD_NAME)}</h1>" in get(session, f"{url}/profiles/mine/")
    assert "Sign in" in submit(session, url, f"{url}/accounts/sign-out/", {})
    form = {"username": visitor, "password": password}
    assert visitor in submit(session, f"{url}/accounts/sign-in/", f"{url}/accounts/sign-in/", form)


def links(page: str) -> list[str]:
    """What the navigation of a page leads to."""
    navigation = re.search(r"<nav aria-label=\"Site\">.*?</nav>", page, re.DOTALL)
    assert navigation is not None
    return re.findall(r'<a href="(/[^"]*)"', navigation[0])


def get(session: requests.Session, url: str) -> str:
    """A page that has to be there."""
    response = session.get(url, timeout=10)
    assert response.status_code == 200, url
    return response.text


def submit(session: requests.Session, page: str, action: str, answers: dict[str, str]) -> str:
    """Fill in a form of a page, and what comes of it."""
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', get(session, page))
    assert token is not None
    form = answers | {"csrfmiddlewaretoken": token[1]}
    response = session.post(action, form, headers={"Referer": page}, timeout=10)
    assert response.status_code == 200, response.text
    return response.text


@contextmanager
def serving(
    *command: str, cwd: Path, url: str, env: dict[str, str] | None = None, verify: Path | bool = True
) -> Iterator[requests.Session]:
    """A session with a server that is started for it, and stopped."""
    log = cwd / "server.log"
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(
            command,
            cwd=cwd,
            env=outside_environment() | (env or {}),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        with requests.Session() as session:
            session.trust_env = False  # a CA bundle of this machine would take the place of ours
            session.verify = str(verify) if isinstance(verify, Path) else verify
            for _ in range(300):
                try:
                    session.get(url, timeout=10)
                    break
                except requests.ConnectionError:
                    assert server.poll() is None, "the server has stopped"
                    time.sleep(0.1)
            else:
                pytest.fail("the server does not answer")
            yield session
    except AssertionError as error:
        error.add_note(log.read_text(encoding="utf-8"))
        raise
    finally:
        # The whole group: uv, the server, and its workers or its reloader. Not SIGTERM: at that, runserver raises
        # SystemExit in whatever its main thread is doing, and once in some hundred times it was seen to live on.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(10)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
