"""A site below the root of its host (``FORCE_SCRIPT_NAME``) links to its static files there, and serves them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs.databases import database_url

SETTINGS = """
from config.settings import *

FORCE_SCRIPT_NAME = "/below"
STATIC_ROOT = {root!r}
"""
# What a server does: it imports the application, and calls it for a path from which the proxy has taken the prefix.
SERVE = """
from importlib import import_module
from wsgiref.util import setup_testing_defaults

application = import_module("config.{kind}").application

from django.conf import settings
from django.templatetags.static import static

print(static("site.css"))
if "{kind}" == "wsgi" and not settings.DEBUG:
    environ = {{"PATH_INFO": static("site.css").removeprefix("/below"), "HTTP_HOST": "localhost"}}
    setup_testing_defaults(environ)
    b"".join(application(environ, lambda status, headers: print(status)))
"""


@pytest.mark.parametrize("kind", ["wsgi", "asgi"])
@pytest.mark.parametrize("debug", ["true", "false"])
def test_static_files_are_below_it(tmp_path: Path, debug: str, kind: str) -> None:
    (tmp_path / "below.py").write_text(SETTINGS.format(root=str(tmp_path / "static")), encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}",
        "DJANGO_SETTINGS_MODULE": "below",
        "DATABASE_URL": database_url(),
        "DEBUG": debug,
        "DEBUG_TOOLBAR": "false",
        "SECRET_KEY": "only-for-this-test-" * 3,
        "ALLOWED_HOSTS": "localhost",
        "EMAIL_URL": "consolemail://",
        "SECURE_SSL_REDIRECT": "false",
        "REQUEST_METRICS_FLUSH": "0",
    }

    def python(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout

    python("manage.py", "collectstatic", "--no-input")
    url, *status = python("-c", SERVE.format(kind=kind)).splitlines()
    assert url.startswith("/below/static/site.")
    assert status == (["200 OK"] if (kind, debug) == ("wsgi", "false") else [])
