"""Prove that a site keeps the template's promises: ``prove.py PATH [APP ...]`` runs ``tests/proofs`` in a copy of it.

The proofs run in the site's own environment, plus what ``tests/proofs/requirements.txt`` names, on the database and
cache that the environment names. Options that begin with a dash go to pytest, such as ``-n 2``. The exit code is 0 if
every promise is kept, 1 if one is broken, 2 if the proofs could not run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROOFS = Path(__file__).resolve().parent / "tests" / "proofs"
NOT_COPIED = shutil.ignore_patterns(".venv", ".git", "*.sqlite3*", "__pycache__", ".*_cache", "staticfiles")


def main() -> int:
    parser = argparse.ArgumentParser(description="Prove that a site keeps the template's promises.")
    parser.add_argument("site", type=Path, metavar="PATH", help="the site's directory")
    parser.add_argument("apps", nargs="*", metavar="APP", help="prove these only; by default all that the site has")
    arguments, options = parser.parse_known_args()
    site = arguments.site.resolve()
    if not (site / "manage.py").is_file():
        parser.error(f"There is no manage.py in {arguments.site}: give the directory of a generated site.")
    provable = {path.name for path in PROOFS.iterdir() if any(path.glob("test_*.py"))}
    if unknown := sorted(set(arguments.apps) - provable):
        parser.error(f"No proofs for {', '.join(unknown)}. There are proofs for {', '.join(sorted(provable))}.")
    if absent := [app for app in arguments.apps if app not in with_proofs(site, provable)]:
        parser.error(f"{arguments.site} has no {', '.join(absent)}.")
    apps = arguments.apps or with_proofs(site, provable)
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / site.name
        shutil.copytree(site, copy, ignore=NOT_COPIED)
        shutil.copytree(PROOFS, copy / "proofs", ignore=NOT_COPIED)
        command = ["uv", "run", "--project", str(site), "--with-requirements", str(PROOFS / "requirements.txt")]
        command += ["python", "-m", "pytest", "--ds=proofs.settings", "-p", "no:cacheprovider", "-n0"]
        command += ["--continue-on-collection-errors", *options]
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        proofs = [f"proofs/{app}" for app in apps]
        code = subprocess.run([*command, *proofs], cwd=copy, env=environment, check=False).returncode
    return code if code in (0, 1) else 2


def with_proofs(site: Path, provable: set[str]) -> list[str]:
    """What can be proved of a site: its apps, and ``site`` for what they do together."""
    return sorted(app for app in provable if (site / app).is_dir() or app == "site")


if __name__ == "__main__":
    sys.exit(main())
