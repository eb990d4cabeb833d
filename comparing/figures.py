"""The figures of two sites: for machines as they are, for people in sections of rows."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from comparing.differences import Difference, lines_of
from comparing.sides import Side
from comparing.sites import Site
from local_extensions import CONTEXT, QUESTIONS

FEATURES = [name for name, default in QUESTIONS.items() if isinstance(default, bool)]
KINDS = ("Python", "tests", "templates", "other")
NOISE = 0.1  # by which the ratio of two equal times may be another one
ACTIONS = {
    "sign_up": "Sign up",
    "sign_in": "Sign in",
    "first_view": "View a page, just changed",
    "next_view": "View it again",
    "save": "Save a page in the admin",
}


@dataclass(frozen=True)
class Comparison:
    """Two sites, what was asked for, and what differs between their files."""

    sides: tuple[Side, Side]
    sites: tuple[Site, Site]
    differences: list[Difference]

    @property
    def figures(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Of each side, as ``--json`` has them. Their keys stay as they are: see the README."""
        left, right = (figures_of(side, site) for side, site in zip(self.sides, self.sites, strict=True))
        return left, right

    @property
    def ratios(self) -> dict[str, float]:
        """Of each action, how many times as long the right site takes: the median of the rounds."""
        left, right = (site.times for site in self.sites)
        pairs = {name: zip(left[name], right[name], strict=True) for name in left}
        return {name: round(median(other / one for one, other in each), 2) for name, each in pairs.items()}

    @property
    def sections(self) -> list["Section"]:
        """What there is to say, without the files."""
        return sections_of(*self.figures, self.ratios)

    @property
    def conditions(self) -> str:
        """What the figures are worth."""
        found = [site.found for site in self.sites]
        versions = " and ".join(
            dict.fromkeys(f"Python {each['python']} with Django {each['django']}" for each in found)
        )
        return (
            f"Measured on {versions}, with SQLite and a cache in local memory on both sides, through the views, by "
            "Django's test client. Passwords are hashed quickly, as in the site's tests; mail goes nowhere, and what "
            "an outbox holds is not delivered. Times are medians of processor time, taken in turns; a difference below "
            f"{NOISE:.0%} may be chance."
        )


@dataclass(frozen=True)
class Row:
    """A figure of both sides."""

    name: str
    left: str
    right: str
    change: str = ""
    amounts: tuple[float, float] | None = None
    full_name: str = ""
    chance: bool = False  # whether the change may be none

    @property
    def differs(self) -> bool:
        """Whether it is worth looking at."""
        return bool(self.change) and not self.chance


@dataclass(frozen=True)
class Section:
    """Figures of a kind, and what only one side has."""

    title: str
    rows: list[Row]
    only_left: list[str] = field(default_factory=list)
    only_right: list[str] = field(default_factory=list)
    drawn: bool = False  # whether it makes sense to draw its amounts beside one another

    @property
    def most(self) -> float:
        """The largest amount."""
        return max((max(row.amounts) for row in self.rows if row.amounts), default=0)


def as_json(comparison: Comparison) -> str:
    """The comparison for machines."""
    left, right = comparison.figures
    files = [
        {"path": each.path, "change": each.change, "added": each.added, "removed": each.removed}
        for each in comparison.differences
    ]
    return json.dumps(
        {
            "left": left,
            "right": right,
            "ratios": comparison.ratios,
            "files": files,
            "conditions": comparison.conditions,
        },
        indent=2,
    )


def figures_of(side: Side, site: Site) -> dict[str, Any]:
    """Those of one side."""
    project = tomllib.loads(site.files["pyproject.toml"])
    receivers = site.found["receivers"]
    return {
        "name": side.name,
        "answers": site.answers,
        "features": [name for name in FEATURES if site.answers[name] == "yes"],
        "files": counted(site.files, lambda text: 1),
        "lines": counted(site.files, lambda text: len(lines_of(text))),
        "dependencies": {
            "declared": named(project["project"]["dependencies"]),
            "development": named(project["dependency-groups"]["dev"]),
            "installed": site.found["packages"],
        },
        "tables": site.found["tables"],
        "receivers": [
            {name: value for name, value in each.items() if name != "anchors"} for each in receivers["connections"]
        ],
        "other_receivers": receivers["others"],
        "actions": {
            name: counts | {"milliseconds": round(median(site.times[name]), 2)}
            for name, counts in site.found["actions"].items()
        },
    }


def counted(files: Mapping[str, str], amount: Callable[[str], int]) -> dict[str, int]:
    """How much there is of each kind of file, and of all."""
    found = dict.fromkeys(KINDS, 0)
    for path, text in files.items():
        found[kind_of(path)] += amount(text)
    return found | {"all": sum(found.values())}


def kind_of(path: str) -> str:
    """What a file is for. Tests are Python too, but are not counted twice."""
    *directories, name = path.split("/")
    if "tests" in directories or name == "conftest.py":
        return "tests"
    if name.endswith(".py"):
        return "Python"
    return "templates" if "templates" in directories else "other"


def named(requirements: Iterable[str]) -> list[str]:
    """The names of what is required, without versions."""
    return [re.split(r"[\[~>=<!; ]", requirement)[0] for requirement in requirements]


def sections_of(left: dict[str, Any], right: dict[str, Any], ratios: dict[str, float]) -> list[Section]:
    """The figures of both sides, in the order in which one asks."""
    return [
        Section("Answers", list(answers(left["answers"], right["answers"]))),
        Section("Files", [amount(kind, left["files"][kind], right["files"][kind]) for kind in left["files"]]),
        Section(
            "Lines", [amount(kind, left["lines"][kind], right["lines"][kind]) for kind in left["lines"]], drawn=True
        ),
        dependencies(left["dependencies"], right["dependencies"]),
        Section(
            "Tables",
            [amount("in the database", len(left["tables"]), len(right["tables"]))],
            *only(left["tables"], right["tables"]),
        ),
        receivers(left, right),
        Section("Queries (+ BEGIN, COMMIT, SAVEPOINT)", [*queries(left["actions"], right["actions"])], drawn=True),
        Section("Milliseconds", [*times(left["actions"], right["actions"], ratios)], drawn=True),
    ]


def answers(left: dict[str, str], right: dict[str, str]) -> Iterable[Row]:
    """The features, and those of the other answers that differ."""
    for name in QUESTIONS:
        if name in FEATURES or left[name] != right[name]:
            yield Row(name, left[name], right[name], "" if left[name] == right[name] else "differs", None, prompt(name))


def prompt(name: str) -> str:
    """A question in words."""
    words = CONTEXT["__prompts__"][name]
    return words if isinstance(words, str) else words["__prompt__"]


def amount(name: str, left: int, right: int, full_name: str = "") -> Row:
    """A number of things."""
    change = f"{right - left:+,}" if left != right else ""
    return Row(name, f"{left:,}", f"{right:,}", change, (left, right), full_name)


def only(left: Iterable[str], right: Iterable[str]) -> tuple[list[str], list[str]]:
    """What is in one and not in the other."""
    return sorted(set(left) - set(right)), sorted(set(right) - set(left))


def dependencies(left: dict[str, list[str]], right: dict[str, list[str]]) -> Section:
    """What is required to run and to develop, and all that is installed to run."""
    rows = [amount(kind, len(left[kind]), len(right[kind])) for kind in left]
    return Section("Dependencies", rows, *only(left["installed"], right["installed"]))


def receivers(left: dict[str, Any], right: dict[str, Any]) -> Section:
    """Connections of the site's own receivers, by signal."""
    counts = [Counter(each["signal"] for each in side["receivers"]) for side in (left, right)]
    rows = [
        amount(name.rpartition(".")[2], counts[0][name], counts[1][name], name)
        for name in sorted(counts[0] | counts[1], key=lambda name: (name.rpartition(".")[2], name))
    ]
    rows.append(amount("all", len(left["receivers"]), len(right["receivers"])))
    rows.append(amount("Django's and of packages", left["other_receivers"], right["other_receivers"]))
    lines = [[connection(each) for each in side["receivers"]] for side in (left, right)]
    return Section("Receivers, by signal", rows, *only(*lines))


def connection(each: dict[str, Any]) -> str:
    """A receiver that is connected, in one line."""
    signal = each["signal"].rpartition(".")[2]
    return f"{signal} of {each['sender'] or 'any sender'}: {each['receiver']}"


def queries(left: dict[str, Any], right: dict[str, Any]) -> Iterable[Row]:
    """How many statements each action takes."""
    for name, words in ACTIONS.items():
        one, other = ((side[name]["statements"], side[name]["transaction_statements"]) for side in (left, right))
        change = f"{other[0] - one[0]:+}{other[1] - one[1]:+}" if one != other else ""
        yield Row(words, f"{one[0]}+{one[1]}", f"{other[0]}+{other[1]}", change, (sum(one), sum(other)))


def times(left: dict[str, Any], right: dict[str, Any], ratios: dict[str, float]) -> Iterable[Row]:
    """How long each action takes."""
    for name, words in ACTIONS.items():
        one, other = left[name]["milliseconds"], right[name]["milliseconds"]
        chance = abs(ratios[name] - 1) < NOISE
        yield Row(words, f"{one:.1f}", f"{other:.1f}", f"{ratios[name]:.2f} ×", (one, other), chance=chance)
