"""A trace as text."""

from collections import Counter
from dataclasses import dataclass

from signal_inspector.rows import Row

# A row is indented so many steps at most.
DEEPEST = 20
# Where times are written at least, and at most.
NARROWEST, WIDEST = 40, 72


@dataclass(frozen=True)
class Totals:
    """What the rows of a trace come to, and what is not among them."""

    sends: int = 0  # those that somebody hears
    calls: int = 0
    queries: int = 0
    milliseconds: float = 0
    unheard: int = 0
    not_kept: int = 0  # calls for which there was no room

    def __str__(self) -> str:
        """One line."""
        parts = [counted(self.sends, "send"), counted(self.calls, "call"), counted(self.queries, "query", "queries")]
        line = f"{', '.join(parts)} in {self.milliseconds:,.2f} ms"
        if self.unheard:
            line += f"; {counted(self.unheard, 'send')} that nobody hears"
        if self.not_kept:
            line += f"; {counted(self.not_kept, 'call')} more, for which there was no room"
        return line


def text_of(rows: list[Row], totals: Totals) -> str:
    """The tree, a line for each row, and what stands out in it."""
    labels = [indented(row) for row in rows]
    width = max(NARROWEST, *(len(label) for label in labels if len(label) <= WIDEST), 0) if labels else 0
    lines = [f"{label:{width}}  {'  '.join(figures(row))}".rstrip() for label, row in zip(labels, rows, strict=True)]
    return "\n".join([*lines, "", str(totals), *remarks(rows)]).lstrip("\n") + "\n"


def indented(row: Row) -> str:
    """The beginning of a row: what it is, as far to the right as it is deep."""
    return f"{'    ' * min(row.depth, DEEPEST)}{row.title}"


def figures(row: Row) -> list[str]:
    """What stands behind a row."""
    time = "" if row.milliseconds is None else f"{row.milliseconds:,.2f} ms"
    queries = counted(row.queries, "query", "queries") if row.queries else ""
    return [f"{time:>11}", f"{queries:10}", *row.notes]


def remarks(rows: list[Row]) -> list[str]:
    """Loops and failures, each in a line, with how often."""
    loops = Counter(row.name for row in rows if row.loop)
    errors = Counter(f"{row.name or row.title}: {row.error}" for row in rows if row.error)
    return [
        *(f"Loop: {name} is called while it is at work for the same object, {times(n)}." for name, n in loops.items()),
        *(f"Failed: {error}{f' ({times(n)})' if n > 1 else ''}" for error, n in errors.items()),
    ]


def times(number: int) -> str:
    """How often."""
    return "once" if number == 1 else f"{number:,} times"


def counted(number: int, one: str, many: str = "") -> str:
    """A number of things: "1 call", "2 calls"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
