"""Profiles for 100,000 users that have none, beside the INSERT alone: uv run benchmarks/create_missing_profiles.py

On SQLite, and on PostgreSQL where TEST_DATABASE_URL names a server (in a database that is made for it and dropped).
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

TEMPLATE = Path(__file__).resolve().parent.parent
NAME = "benchmark_create_missing_profiles"

ON_SERVER = """
import os, sys, psycopg
server = psycopg.connect(os.environ["SERVER"], autocommit=True)
server.execute(f"DROP DATABASE IF EXISTS {sys.argv[1]}")
if sys.argv[2] == "create":
    server.execute(f"CREATE DATABASE {sys.argv[1]}")
"""

IN_SITE = """
import io, resource, time
import django
django.setup()
from django.core.management import call_command
from accounts.models import User
from profiles.models import Profile

call_command("migrate", verbosity=0)
for batch in range(10):
    User.objects.bulk_create(User(email=f"{batch}-{n}@example.com") for n in range(10_000))
keys = list(User.objects.values_list("pk", flat=True))

start = time.perf_counter()
Profile.objects.bulk_create([Profile(user_id=key) for key in keys], batch_size=2000)
bare = time.perf_counter() - start
Profile.objects.all()._raw_delete("default")

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
call_command("create_missing_profiles", stdout=io.StringIO())
ours = time.perf_counter() - start
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
assert Profile.objects.count() == 100_000
print(f"{ours:5.2f} s  {ours / bare:4.2f} x bulk_create alone  peak memory + {grown:.0f} MiB")
"""


def python(site: Path, code: str, *arguments: str, **environment: str) -> str:
    """Run code in a site's environment, and what it prints."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    command = ["uv", "run", "python", "-c", code, *arguments]
    return subprocess.run(
        command, cwd=site, env=inherited | environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        answers = ["--no-input", "database=postgresql", "--output-dir", directory]
        command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), *answers]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        site = Path(directory, "my-site")
        in_site = {"DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG_TOOLBAR": "false"}
        print("SQLite     ", python(site, IN_SITE, DATABASE_URL="sqlite:///benchmark.sqlite3", **in_site), end="")
        server = os.environ.get("TEST_DATABASE_URL")
        if not server:
            sys.exit("PostgreSQL  TEST_DATABASE_URL is not set.")
        python(site, ON_SERVER, NAME, "create", SERVER=server)
        url = urlunsplit(urlsplit(server)._replace(path=f"/{NAME}"))
        print("PostgreSQL ", python(site, IN_SITE, DATABASE_URL=url, **in_site), end="")
        python(site, ON_SERVER, NAME, "drop", SERVER=server)


if __name__ == "__main__":
    main()
