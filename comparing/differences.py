"""What differs between the files of two sites."""

from dataclasses import dataclass
from difflib import unified_diff


@dataclass(frozen=True)
class Difference:
    """A file that is not the same in both."""

    path: str
    change: str  # "added": only the right site has it; "removed": only the left one; "changed"
    lines: list[str]  # a unified diff, without its two lines of names

    @property
    def added(self) -> int:
        """How many lines only the right site has."""
        return sum(line.startswith("+") for line in self.lines)

    @property
    def removed(self) -> int:
        """How many lines only the left site has."""
        return sum(line.startswith("-") for line in self.lines)


def differences(left: dict[str, str], right: dict[str, str]) -> list[Difference]:
    """The files that differ, in the order of their paths."""
    paths = sorted(left.keys() | right.keys())
    return [difference(path, left.get(path), right.get(path)) for path in paths if left.get(path) != right.get(path)]


def difference(path: str, left: str | None, right: str | None) -> Difference:
    """That of one file; None where there is no such file."""
    change = "added" if left is None else "removed" if right is None else "changed"
    diff = unified_diff(lines_of(left or ""), lines_of(right or ""), lineterm="")
    return Difference(path, change, list(diff)[2:])


def lines_of(text: str) -> list[str]:
    """The lines, ended by nothing but ``\\n``, as editors count them."""
    return text.removesuffix("\n").split("\n") if text else []
