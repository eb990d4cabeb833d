"""Shows what answers mean: generates two sites, and sets them side by side.

    uv run compare.py profiles=no
    uv run compare.py --preset minimal --preset full
    uv run compare.py --preset minimal --preset minimal profiles=yes --html profiles.html

A side is a preset, or a configuration file such as the answers.yaml of a site, and answers after it; or answers alone,
which change the defaults. One side is compared with the defaults.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from cookiecutter.exceptions import FailedHookException
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from comparing.differences import differences
from comparing.figures import Comparison, as_json
from comparing.page import as_html
from comparing.sides import PRESETS, Side, pair_of
from comparing.sites import STEPS, CommandError, Site, look_at
from comparing.text import as_text


class AddSide(argparse.Action):
    """Begins a side with a file, or adds answers to the one before them."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        sides, given = namespace.sides, list(values)
        if option:
            name = given.pop(0)
            if option == "--preset" and name not in PRESETS:
                parser.error(f"there is no preset {name!a}: choose {' or '.join(PRESETS)}")
            sides.append(Side(PRESETS[name] if option == "--preset" else Path(name)))
        elif given and not sides:
            sides.append(Side())
        if given:
            sides[-1].given += given


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=about, epilog=more, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.set_defaults(sides=[])
    side = {"action": AddSide, "default": argparse.SUPPRESS}
    parser.add_argument("sides", nargs="*", metavar="ANSWER", help="such as profiles=no", **side)
    side["dest"] = "sides"
    parser.add_argument("--preset", nargs="+", metavar=("NAME", "ANSWER"), help=" or ".join(PRESETS), **side)
    parser.add_argument(
        "--config-file", nargs="+", metavar=("FILE", "ANSWER"), help="what Cookiecutter takes by this name", **side
    )
    parser.add_argument(
        "--diff", action=argparse.BooleanOptionalAction, default=True, help="whether lines that differ are shown"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page to look at, and print nothing")
    parser.add_argument("--json", metavar="FILE", help="write it for machines, and print nothing; to - for the output")
    found = parser.parse_args(given)
    if not 1 <= len(found.sides) <= 2:
        parser.error("one or two sides are compared: give answers, --preset or --config-file")
    return found


def watched(sides: tuple[Side, Side]) -> tuple[Site, Site]:
    """Both sites, with a bar for each on a terminal while they are looked at."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:10}"), BarColumn(), TextColumn("{task.fields[step]}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bars = [progress.add_task(name, total=len(STEPS), step="") for name in ("left", "right")]

        def step(number: int, what: str) -> None:
            progress.update(bars[number], completed=STEPS.index(what), step=what)

        return look_at(sides, step)


def show(comparison: Comparison, *, diff: bool) -> None:
    """Print it, in colour and paged where it is read on a terminal."""
    terminal = sys.stdout.isatty()
    colour = terminal and not os.environ.get("NO_COLOR")
    os.environ.setdefault("LESS", "FRX")  # as git has it: no pager for what fits the screen
    lines = as_text(comparison, diff=diff, colour=colour)
    if terminal:
        click.echo_via_pager((f"{line}\n" for line in lines), color=colour)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines)


def main(given: Sequence[str] | None = None) -> None:
    """The command."""
    asked = arguments(given)
    sys.stdout.reconfigure(errors="backslashreplace")
    sides = pair_of(asked.sides)
    try:
        left, right = watched(sides)
    except (FailedHookException, CommandError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    comparison = Comparison(sides, (left, right), differences(left.files, right.files))
    try:
        if asked.html:
            asked.html.write_text(as_html(comparison, diff=asked.diff), encoding="utf-8", newline="\n")
        if asked.json and asked.json != "-":
            Path(asked.json).write_text(f"{as_json(comparison)}\n", encoding="utf-8", newline="\n")
        elif asked.json:
            print(as_json(comparison))
        elif not asked.html:
            show(comparison, diff=asked.diff)
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        sys.exit(f"{error.filename} cannot be written: {error.strerror}.")


if __name__ == "__main__":
    main()
