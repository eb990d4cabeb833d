"""Generates both sites in a temporary place, installs what they need, and measures them, side by side in time too."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from cookiecutter.exceptions import FailedHookException

from comparing.sides import Side
from local_extensions import REPOSITORY, TEMPLATE

STEPS = ("generating", "installing", "measuring")
IN_SITE = Path(__file__).with_name("in_site.py")

# As a site's own tests have it, on SQLite and with a cache in local memory, whatever was chosen.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ENV_FILE": "",
    "SECRET_KEY": "key-for-measuring-only",
    "DEBUG": "true",
    "DEBUG_TOOLBAR": "false",
    "DATABASE_URL": "sqlite:///measured.sqlite3",
    "CACHE_URL": "locmemcache://",
    "BROKER_URL": "memory://",
    "EMAIL_URL": "memorymail://",
    "REQUEST_METRICS_FLUSH": "0",
    "LOG_LEVEL": "ERROR",
}


class CommandError(Exception):
    """A command that has failed. Its text is what it has printed."""


@dataclass(frozen=True)
class Site:
    """A site as it was generated, and what was measured in it."""

    files: dict[str, str]  # the text of each, by its path; without .env, which is another one each time
    found: dict[str, Any]  # see in_site.py

    @property
    def answers(self) -> dict[str, str]:
        """All of them, as the site records them."""
        answers: dict[str, str] = yaml.safe_load(self.files["answers.yaml"])["default_context"]
        return answers


def look_at(sides: tuple[Side, Side], step: Callable[[int, str], None]) -> tuple[Site, Site]:
    """Both sites. ``step`` is called with the number of a side and what begins for it, or "" when it is done.

    Raises FailedHookException for an answer that is refused, CommandError for what else fails. Nothing is left behind.
    """
    answers = [side.answers() for side in sides]

    async def both() -> tuple[Site, Site]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    look_at_one(answers[number], place / str(number), lambda what, n=number: step(n, what))
                )
                for number in range(2)
            ]
        return tasks[0].result(), tasks[1].result()

    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        place = Path(directory)
        try:
            return asyncio.run(both())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None


async def look_at_one(answers: dict[str, Any], place: Path, step: Callable[[str], None]) -> Site:
    """Generate a site in ``place``, which is made, and measure it."""
    step("generating")
    site = await generate(answers, place)
    paths = sorted(path for path in site.rglob("*") if path.is_file() and path.name != ".env")
    files = {path.relative_to(site).as_posix(): path.read_bytes().decode() for path in paths}
    step("installing")
    await output_of("uv", "sync", "--quiet", "--no-dev", cwd=site)
    step("measuring")
    python = site / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # -P: modules that lie beside the script are none of the site's.
    output = await output_of(python, "-P", "-B", IN_SITE, TEMPLATE / "signal_inspector", cwd=site, PYTHONPATH=str(site))
    step("")
    return Site(files, json.loads(output))


async def generate(answers: dict[str, Any], place: Path) -> Path:
    """A new site below ``place``, by Cookiecutter's own command. The user's own configuration has no part in it."""
    place.mkdir()
    own = {"cookiecutters_dir": str(place / "templates"), "replay_dir": str(place / "replay")}
    config = place / "config.yaml"
    config.write_text(yaml.safe_dump(own | {"default_context": answers}), encoding="utf-8")
    command = [sys.executable, "-m", "cookiecutter", REPOSITORY, "--no-input", "--config-file", config]
    try:
        await output_of(*command, "--output-dir", place / "site", cwd=place)
    except CommandError as failed:
        raise FailedHookException(str(failed)) from None
    (site,) = (place / "site").iterdir()
    return site


async def output_of(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints, in an environment that leads to no virtual environment, database or server of others.

    It ends when this is cancelled, with all that it has started. Raises CommandError.
    """
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    }
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=inherited | ENVIRONMENT | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            end(process)
            await process.wait()
    if process.returncode:
        raise CommandError((output + errors).decode(errors="replace").strip())
    return output.decode()


def end(process: asyncio.subprocess.Process) -> None:
    """End a process, and those that it has started."""
    if os.name == "nt":
        process.terminate()
    else:
        os.killpg(process.pid, signal.SIGKILL)
