"""Prove that a site keeps the template's promises, by the tests in ``tests/proofs``: ``prove.py PATH [APP ...]``.

They run in the site's own environment, plus what ``tests/proofs/requirements.txt`` names, on the database and cache
that the environment names. The exit code is pytest's; options that begin with a dash go to pytest.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

PROOFS = Path(__file__).resolve().parent / "tests" / "proofs"


def main() -> int:
    parser = argparse.ArgumentParser(description="Prove that a site keeps the template's promises.")
    parser.add_argument("site", type=Path, metavar="PATH", help="the site's directory")
    parser.add_argument("apps", nargs="*", metavar="APP", help="prove these only; by default all that the site has")
    arguments, options = parser.parse_known_args()
    if not (arguments.site / "manage.py").is_file():
        parser.error(f"There is no manage.py in {arguments.site}: give the directory of a generated site.")
    provable = {path.name for path in PROOFS.iterdir() if any(path.glob("test_*.py"))}
    if unknown := sorted(set(arguments.apps) - provable):
        parser.error(f"No proofs for {', '.join(unknown)}. There are proofs for {', '.join(sorted(provable))}.")
    apps = arguments.apps or sorted(app for app in provable if (arguments.site / app).is_dir() or app == "site")
    command = ["uv", "run", "--with-requirements", str(PROOFS / "requirements.txt"), "python", "-m", "pytest"]
    command += ["--rootdir", str(PROOFS.parent), "-c", "pyproject.toml", f"--confcutdir={PROOFS}"]
    command += ["--import-mode=importlib", "-p", "no:cacheprovider", *options, *(str(PROOFS / app) for app in apps)]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(PROOFS.parent), environment.get("PYTHONPATH")]))
    return subprocess.run(command, cwd=arguments.site, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
