"""What generating a site takes, beside a template of one file and ``startproject``: uv run benchmarks/generate.py

Medians of some rounds, all in one run. Writing some hundred files takes as long as the disk wants: how long it takes to
copy them once more is printed too.
"""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cookiecutter.generate
from cookiecutter.main import cookiecutter as generate
from sites import TEMPLATE, size

ROUNDS = size(15, 1)
EVERYTHING = {"database": "postgresql", "cache": "redis", "signal_delivery": "celery"}


@contextlib.contextmanager
def timed(times: list[float]) -> Iterator[None]:
    """Add what the block takes, in milliseconds."""
    start = time.perf_counter()
    yield
    times.append((time.perf_counter() - start) * 1000)


@contextlib.contextmanager
def nothing_printed() -> Iterator[None]:
    """By processes that are started neither."""
    with tempfile.TemporaryFile() as swallowed:
        kept = os.dup(1)
        os.dup2(swallowed.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(kept, 1)
            os.close(kept)


def one_file_template(directory: Path) -> Path:
    """A template that has nothing but a question and a file."""
    template = directory / "one-file"
    (template / "{{cookiecutter.slug}}").mkdir(parents=True)
    (template / "{{cookiecutter.slug}}" / "README.md").write_text("# {{ cookiecutter.slug }}\n", encoding="utf-8")
    (template / "cookiecutter.json").write_text(json.dumps({"slug": "one"}), encoding="utf-8")
    return template


def django_admin(directory: Path) -> str:
    """The path of the command, in an environment that has nothing but Django."""
    subprocess.run(["uv", "venv", "--quiet", directory / "venv"], check=True)
    install = ["uv", "pip", "install", "--quiet", "--compile-bytecode", "--python", directory / "venv"]
    subprocess.run([*install, "django~=5.2.0"], check=True)
    return str(next((directory / "venv").glob("*/django-admin*")))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        one_file, admin = one_file_template(directory), django_admin(directory)
        times: dict[str, list[float]] = {
            what: []
            for what in (
                *("one file", "a full site", "its hooks", "its files, copied"),
                *("one file, a process", "a full site, a process", "startproject, a process"),
            )
        }
        run_hook: Callable[..., None] = cookiecutter.generate.run_hook_from_repo_dir
        hooks: list[float] = []

        def timed_hook(*arguments: Any) -> None:
            with timed(hooks):
                run_hook(*arguments)

        cookiecutter.generate.run_hook_from_repo_dir = timed_hook
        for number in range(ROUNDS):
            output = directory / str(number)
            options = {"no_input": True, "default_config": True}
            command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config", "--output-dir"]
            with nothing_printed():
                with timed(times["one file"]):
                    generate(str(one_file), output_dir=str(output / "a"), **options)
                hooks.clear()
                with timed(times["a full site"]):
                    site = generate(
                        str(TEMPLATE), output_dir=str(output / "a"), extra_context=EVERYTHING.copy(), **options
                    )
                times["its hooks"].append(sum(hooks))
                with timed(times["its files, copied"]):
                    shutil.copytree(site, output / "copy")
                with timed(times["one file, a process"]):
                    subprocess.run([*command, output / "b", one_file], check=True)
                with timed(times["a full site, a process"]):
                    answers = [f"{question}={answer}" for question, answer in EVERYTHING.items()]
                    subprocess.run([*command, output / "b", TEMPLATE, *answers], check=True)
                with timed(times["startproject, a process"]):
                    subprocess.run([admin, "startproject", "bare", output / "b"], check=True)
            files = sum(path.is_file() for path in Path(site).rglob("*"))
            shutil.rmtree(output)
    for what, each in times.items():
        peer = "one file, a process" if what.endswith("process") else "one file"
        median = statistics.median(each)
        print(f"{what:24} {median:7.1f} ms  {median / statistics.median(times[peer]):6.1f} x {peer}")
    allowed = 1.5 * files + 80
    full = statistics.median(times["a full site"])
    print(f"{files} files: {full / files:.2f} ms a file, {full / allowed:.2f} of 1.5 ms a file and 80 ms")


if __name__ == "__main__":
    main()
