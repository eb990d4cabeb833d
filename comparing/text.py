"""A comparison to read on a terminal."""

import shutil
from collections.abc import Iterator
from textwrap import wrap

import click

from comparing.figures import Comparison, Row, Section

WIDEST = 100
NUMBERS = 14  # the width of a column of figures
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def as_text(comparison: Comparison, *, diff: bool, colour: bool) -> Iterator[str]:
    """Its lines: the figures, the files that differ and, with ``diff``, how."""
    width = min(shutil.get_terminal_size().columns, WIDEST)

    def styled(text: str, **how: object) -> str:
        return click.style(text, **how) if colour else text

    for name, side in zip(("left", "right"), comparison.sides, strict=True):
        yield f"{name:5}  {styled(side.name, bold=True)}"
    for section in comparison.sections:
        yield ""
        yield styled(headings(section.title, width), bold=True)
        for row in section.rows:
            yield styled(line_of(row, width), dim=not row.differs)
        yield from only_lines(section, width)
    yield ""
    yield from wrap(comparison.conditions, width)
    yield ""
    if not comparison.differences:
        yield "Both sides are the same: no file differs."
        return
    changes = [each.change for each in comparison.differences]
    parts = [f"{changes.count(change)} {change}" for change in ("added", "removed", "changed")]
    yield styled(f"Files: {', '.join(parts)}", bold=True)
    widest = max(len(each.path) for each in comparison.differences)
    for each in comparison.differences:
        numbers = f"{styled(f'{each.added:>+6}', fg='green')} {styled(f'{-each.removed:>+6}', fg='red')}"
        numbers = numbers.replace("+0", " 0")
        yield f"  {SIGNS[each.change]} {each.path:{widest}} {numbers}"
    if diff:
        for each in comparison.differences:
            yield ""
            yield styled(f"{SIGNS[each.change]} {each.path}", bold=True)
            for line in each.lines:
                yield styled(line, fg=COLOURS[line[0]]) if line[0] in COLOURS else line


def headings(title: str, width: int) -> str:
    """The first line of a section."""
    return columns(title, "left", "right", "", width)


def line_of(row: Row, width: int) -> str:
    """A row: below one another where what is in it does not fit beside one another."""
    if max(len(row.left), len(row.right)) < NUMBERS:
        return columns(f"  {row.name}", row.left, row.right, row.change, width)
    return f"  {row.name}\n    left   {row.left}\n    right  {row.right}"


def columns(name: str, left: str, right: str, change: str, width: int) -> str:
    """A name and what stands to the right of it."""
    room = width - 3 * NUMBERS
    return f"{name:{room}}{left:>{NUMBERS}}{right:>{NUMBERS}}{change:>{NUMBERS}}".rstrip()


def only_lines(section: Section, width: int) -> Iterator[str]:
    """What only one side has."""
    for side, names in (("left", section.only_left), ("right", section.only_right)):
        if names:
            yield f"  only {side}:"
            for name in names:
                yield from wrap(name, width, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False)
