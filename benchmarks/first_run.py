"""From nothing to a first page, beside ``django-admin startproject``: uv run benchmarks/first_run.py

Medians of some rounds, each in a new directory, with packages in uv's cache and no bytecode yet.
"""

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from sites import TEMPLATE, size

ROUNDS = size(3, 1)

# Nothing of the virtual environment that this runs in; bytecode is kept, as it is by default.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}
}


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command to its end, quietly."""
    subprocess.run(command, cwd=cwd, env=ENVIRONMENT, check=True, capture_output=True)


def first_page(manage: list[str], cwd: Path) -> None:
    """Set up the database, start the server, and fetch the home page."""
    run(*manage, "migrate", cwd=cwd)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [*manage, "runserver", str(port)],
        cwd=cwd,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def seconds(function: Callable[[], None]) -> float:
    """How long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def measure() -> dict[str, float]:
    """One round of everything."""
    directory = Path(tempfile.mkdtemp())
    site = directory / "my-site"
    bare = ["uv", "run", "--no-project", "--with", "django~=5.2.0", "python"]
    manage = ["uv", "run", "manage.py"]
    try:
        return {
            "generate": seconds(
                lambda: run(sys.executable, "-m", "cookiecutter", "--no-input", TEMPLATE, cwd=directory)
            ),
            "first page": seconds(lambda: first_page(manage, site)),
            "startproject": seconds(lambda: run(*bare, "-m", "django", "startproject", "bare", ".", cwd=directory)),
            "startproject, first page": seconds(lambda: first_page([*bare, "manage.py"], directory)),
        }
    finally:
        shutil.rmtree(directory)


def main() -> None:
    rounds = [measure() for _ in range(ROUNDS)]
    medians = {name: statistics.median(times[name] for times in rounds) for name in rounds[0]}
    for name, median in medians.items():
        peer = "startproject" if name in {"generate", "startproject"} else "startproject, first page"
        print(f"{name:26} {median:6.2f} s  {median / medians[peer]:5.2f} x {peer}")


if __name__ == "__main__":
    main()
