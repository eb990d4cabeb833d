"""Runs a benchmark inside of a generated site: on SQLite, and on PostgreSQL where TEST_DATABASE_URL names a server."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

TEMPLATE = Path(__file__).resolve().parent.parent
NAME = "template_benchmark"  # of the database, which is made and dropped

ON_SERVER = """
import os, sys, psycopg
server = psycopg.connect(os.environ["SERVER"], autocommit=True)
server.execute(f"DROP DATABASE IF EXISTS {sys.argv[1]}")
if sys.argv[2] == "create":
    server.execute(f"CREATE DATABASE {sys.argv[1]}")
"""


def python(site: Path, *arguments: str, **environment: str) -> None:
    """Run Python in a site's environment, the site's packages on its path."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    fixed = {"DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG_TOOLBAR": "false", "PYTHONPATH": str(site)}
    subprocess.run(["uv", "run", "python", *arguments], cwd=site, env=inherited | fixed | environment, check=True)


def in_each_database(script: str, *choices: str) -> None:
    """Run ``script`` once for each database, with IN_SITE set in its environment, in a site of these choices."""
    with tempfile.TemporaryDirectory() as directory:
        answers = ["--no-input", "database=postgresql", "cache=redis", *choices, "--output-dir", directory]
        command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), *answers]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        site = Path(directory, "my-site")
        # Local memory is not the cache that was chosen, so nothing that is counted is counted in Redis.
        in_site = {"IN_SITE": "yes", "CACHE_URL": "locmemcache://", "LOG_LEVEL": "ERROR"}
        print("SQLite", flush=True)
        python(site, script, DATABASE_URL="sqlite:///benchmark.sqlite3", **in_site)
        server = os.environ.get("TEST_DATABASE_URL")
        if not server:
            sys.exit("PostgreSQL: TEST_DATABASE_URL is not set.")
        python(site, "-c", ON_SERVER, NAME, "create", SERVER=server)
        print("PostgreSQL", flush=True)
        python(site, script, DATABASE_URL=urlunsplit(urlsplit(server)._replace(path=f"/{NAME}")), **in_site)
        python(site, "-c", ON_SERVER, NAME, "drop", SERVER=server)
