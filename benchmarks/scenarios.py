"""The scenarios that make caches stale, in each database with each cache: uv run benchmarks/scenarios.py"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from uuid import uuid4
from xml.etree import ElementTree

from sites import TEMPLATE, size


def generate(directory: str, database: str, cache: str) -> Path:
    """A new site."""
    place = Path(directory, f"{database}-{cache}")
    answers = ["--no-input", f"database={database}", f"cache={cache}", "--output-dir", place]
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), *answers]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return place / "my-site"


def outcomes(site: Path, database: str, cache: str) -> dict[str, str]:
    """Each scenario, and whether what is read in the end is fresh; "-" where its server is not named."""
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "DATABASE_URL"}}
    for chosen, server, variable, named in (
        (database, "postgresql", "DATABASE_URL", "TEST_DATABASE_URL"),
        (cache, "redis", "CACHE_URL", "TEST_CACHE_URL"),
    ):
        if chosen == server:
            if named not in os.environ:
                return {}
            environment[variable] = os.environ[named]
    if database == "postgresql":
        environment["DATABASE_URL"] = re.sub(r"/[^/]*$", f"/scenarios_{uuid4().hex}", environment["DATABASE_URL"])
    report = site / "report.xml"
    kind = "redis" if cache == "redis" else "memory"
    prove = [sys.executable, TEMPLATE / "prove.py", site, "cache_invalidation"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([*prove, f"-k{kind}", f"--junitxml={report}"], env=environment, check=False, **quiet)
    found: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        if not case.attrib["classname"].endswith("test_scenarios"):
            continue
        name = case.attrib["name"].partition("[")[0].removeprefix("test_").replace("_", " ")
        if case.find("skipped") is None:
            fresh = case.find("failure") is None and case.find("error") is None
            found[name] = "fresh" if fresh and found.get(name) != "STALE" else "STALE"
    return found


def main() -> None:
    columns = [(database, cache) for database in ("sqlite", "postgresql") for cache in ("local", "redis")]
    columns = columns[: size(4, 1)]
    with tempfile.TemporaryDirectory() as directory:
        table = [outcomes(generate(directory, *column), *column) for column in columns]
    names = list(dict.fromkeys(name for column in table for name in column))
    width = max(map(len, names))
    print(" " * width, *(f"{database}, {cache}".ljust(17) for database, cache in columns))
    for name in names:
        print(name.ljust(width), *(column.get(name, "-").ljust(17) for column in table))


if __name__ == "__main__":
    main()
