"""Runs a benchmark inside of a generated site: on SQLite, and on PostgreSQL where TEST_DATABASE_URL names a server.

With ``--small`` a benchmark is done in seconds, and its figures mean little: it shows that the benchmark still runs.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

TEMPLATE = Path(__file__).resolve().parent.parent
NAME = f"template_benchmark_{os.getpid()}"  # of the database, which is made and dropped

ON_SERVER = """
import os, sys, psycopg
server = psycopg.connect(os.environ["SERVER"], autocommit=True)
server.execute(f"DROP DATABASE IF EXISTS {sys.argv[1]}")
if sys.argv[2] == "create":
    server.execute(f"CREATE DATABASE {sys.argv[1]}")
"""


def size(normal: int, small: int) -> int:
    """How much of something: as much as the figures need, or with ``--small`` as little as can be."""
    return small if "--small" in sys.argv else normal


def python(site: Path, *arguments: str, **environment: str) -> None:
    """Run Python in a site's environment, the site's packages and the proofs' helpers on its path."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    fixed = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DEBUG_TOOLBAR": "false",
        "PYTHONPATH": f"{site}{os.pathsep}{TEMPLATE / 'tests'}",
    }
    fixed |= {"EMAIL_URL": "dummymail://", "LOG_LEVEL": "ERROR"}  # the table is all that is printed
    command = ["uv", "run", "--quiet", "python", *arguments]
    subprocess.run(command, cwd=site, env=inherited | fixed | environment, check=True)


def in_each_database(script: str, *choices: str) -> None:
    """Run ``script`` once for each database, with IN_SITE set in its environment, in a site of these choices."""
    with tempfile.TemporaryDirectory() as directory:
        answers = ["--no-input", "database=postgresql", "cache=redis", *choices, "--output-dir", directory]
        command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), *answers]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        site = Path(directory, "my-site")
        # Local memory is not the cache that was chosen, so nothing that is counted is counted in Redis.
        in_site = {"IN_SITE": "yes", "CACHE_URL": "locmemcache://"}
        print("SQLite", flush=True)
        python(site, script, *sys.argv[1:], DATABASE_URL="sqlite:///benchmark.sqlite3", **in_site)
        server = os.environ.get("TEST_DATABASE_URL")
        if not server:
            print("PostgreSQL: TEST_DATABASE_URL is not set.")
            return
        python(site, "-c", ON_SERVER, NAME, "create", SERVER=server)
        print("PostgreSQL", flush=True)
        url = urlunsplit(urlsplit(server)._replace(path=f"/{NAME}"))
        try:
            python(site, script, *sys.argv[1:], DATABASE_URL=url, **in_site)
        finally:
            python(site, "-c", ON_SERVER, NAME, "drop", SERVER=server)
