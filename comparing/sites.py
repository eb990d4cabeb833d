"""Generates both sites in a temporary place, installs what they need, and measures them, side by side in time too."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from cookiecutter.exceptions import FailedHookException

from comparing.sides import Side
from local_extensions import REPOSITORY, TEMPLATE

STEPS = ("generating", "installing", "measuring", "timing")
ROUNDS = 15  # of each action, that are timed
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
    process: Process  # that of in_site.py
    times: dict[str, list[float]] = field(default_factory=dict)  # of each action, in milliseconds

    @property
    def answers(self) -> dict[str, str]:
        """All of them, as the site records them."""
        answers: dict[str, str] = yaml.safe_load(self.files["answers.yaml"])["default_context"]
        return answers


def look_at(sides: tuple[Side, Side], step: Callable[[int, str], None]) -> tuple[Site, Site]:
    """Both sites. ``step`` is called with the number of a side and what begins for it.

    Raises FailedHookException for an answer that is refused, CommandError for what else fails. Nothing is left behind.
    """
    answers = [side.answers() for side in sides]

    async def both() -> tuple[Site, Site]:
        async with AsyncExitStack() as stack:
            async with asyncio.TaskGroup() as group:
                left, right = (
                    group.create_task(prepare(answers[n], place / str(n), stack, partial(step, n))) for n in range(2)
                )
            sites = left.result(), right.result()
            for number in range(2):
                step(number, "timing")
            await time_in_turns(sites)
            return sites

    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        place = Path(directory)
        try:
            return asyncio.run(both())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None


async def prepare(answers: dict[str, Any], place: Path, stack: AsyncExitStack, step: Callable[[str], None]) -> Site:
    """Generate a site in ``place``, which is made, and measure all but times. It runs until the stack is left."""
    # Cookiecutter and uv leave files behind where temporary ones go.
    env = ENVIRONMENT | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(place))
    step("generating")
    site = await generate(answers, place, env)
    paths = sorted(path for path in site.rglob("*") if path.is_file() and path.name != ".env")
    files = {path.relative_to(site).as_posix(): path.read_bytes().decode() for path in paths}
    step("installing")
    await output_of("uv", "sync", "--quiet", "--no-dev", cwd=site, env=env)
    step("measuring")
    python = site / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # -P: modules that lie beside the script are none of the site's.
    command = [python, "-P", "-B", IN_SITE, TEMPLATE / "signal_inspector"]
    process = await stack.enter_async_context(running(*command, cwd=site, env=env | {"PYTHONPATH": str(site)}))
    return Site(files, json.loads(await line_of(process)), process)


async def generate(answers: dict[str, Any], place: Path, env: dict[str, str]) -> Path:
    """A new site below ``place``, by Cookiecutter's own command. The user's own configuration has no part in it."""
    place.mkdir()
    own = {"cookiecutters_dir": str(place / "templates"), "replay_dir": str(place / "replay")}
    config = place / "config.yaml"
    config.write_text(yaml.safe_dump(own | {"default_context": answers}), encoding="utf-8")
    command = [sys.executable, "-m", "cookiecutter", REPOSITORY, "--no-input", "--config-file", config]
    try:
        await output_of(*command, "--output-dir", place / "site", cwd=place, env=env)
    except CommandError as failed:
        raise FailedHookException(str(failed)) from None
    (site,) = (place / "site").iterdir()
    return site


async def time_in_turns(sites: tuple[Site, Site]) -> None:
    """Time the actions of both sites, one after the other, so that both see the same machine."""
    for action in sites[0].found["actions"]:
        for _ in range(ROUNDS):
            for site in sites:
                assert site.process.stdin is not None
                site.process.stdin.write(f"{action}\n".encode())
                site.times.setdefault(action, []).append(float(await line_of(site.process)))


async def line_of(process: Process) -> str:
    """The next line that a process prints. Raises CommandError if it has failed."""
    assert process.stdout is not None
    line = await process.stdout.readline()
    if not line:
        assert process.stderr is not None
        raise CommandError((await process.stderr.read()).decode(errors="replace").strip())
    return line.decode()


async def output_of(*command: str | Path, cwd: Path, env: dict[str, str]) -> str:
    """What a command prints. Raises CommandError."""
    async with running(*command, cwd=cwd, env=env) as process:
        output, errors = await process.communicate()
    if process.returncode:
        raise CommandError((output + errors).decode(errors="replace").strip())
    return output.decode()


@asynccontextmanager
async def running(*command: str | Path, cwd: Path, env: dict[str, str]) -> AsyncIterator[Process]:
    """A process in the environment of this one, with ``env``, but not in its virtual environment.

    It ends with the block, and with it all that it has started.
    """
    others = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT")
    inherited = {name: value for name, value in os.environ.items() if name not in others}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=inherited | env,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=2**24,  # of a line
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            end(process)
            await process.wait()


def end(process: Process) -> None:
    """End a process, and those that it has started."""
    if os.name == "nt":
        process.terminate()
    else:
        with suppress(ProcessLookupError):  # it has just ended
            os.killpg(process.pid, signal.SIGKILL)
