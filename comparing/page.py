"""A comparison as a page that needs no other file, and no network."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from comparing.figures import Comparison, Row, Section
from local_extensions import TEMPLATE

HERE = Path(__file__).parent
# The sites' own look, and that of their map.
STYLES = [
    TEMPLATE / "static/site.css",
    TEMPLATE / "signal_inspector/static/signal_inspector/map.css",
    HERE / "page.css",
]
ENVIRONMENT = Environment(loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True)
# What a run of lines of a diff is, by their first character.
TAGS = {"+": "ins", "-": "del", "@": "b", " ": "span"}


def as_html(comparison: Comparison, *, diff: bool) -> str:
    """The page; with ``diff``, the lines of each file that differs."""
    receivers = [site.found["receivers"] for site in comparison.sites]
    style = "\n".join([*(file.read_text(encoding="utf-8") for file in STYLES), standing_out(receivers)])
    sections = comparison.sections
    return ENVIRONMENT.get_template("page.html").render(
        comparison=comparison,
        sections=sections,
        tiles=list(tiles(sections)),
        names=[side.name for side in comparison.sides],
        maps=[Markup(own_ids(each["map"], side)) for each, side in zip(receivers, ("left", "right"), strict=True)],
        counts=[len(each["connections"]) for each in receivers],
        diff=diff,
        runs=runs,
        style=Markup(style),
        script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
    )


def tiles(sections: list[Section]) -> Iterator[Row]:
    """The few figures that tell most."""
    for title, row, words in (
        ("Lines", "all", "Lines"),
        ("Tables", "in the database", "Tables"),
        ("Receivers", "all", "Receivers"),
        ("Queries", "Sign up", "Queries to sign up"),
        ("Queries", "Save a page in the admin", "Queries to save a page"),
        ("Milliseconds", "Sign up", "Milliseconds to sign up"),
    ):
        (section,) = (each for each in sections if each.title.startswith(title))
        (found,) = (each for each in section.rows if each.name == row)
        yield Row(words, found.left, found.right, found.change)


def own_ids(picture: str, side: str) -> str:
    """A map whose ids are not those of the other one. Its links to lists, which are not there, lead nowhere."""
    picture = re.sub(r"\bsignal-(title|description)\b", rf"{side}-\g<0>", picture)
    picture = re.sub(r'(id="|href="#)map-', rf"\1{side}-map-", picture)
    return re.sub(r' href="#(signal|sender|receiver)-[^"]*"', ' tabindex="0"', picture)


def standing_out(receivers: list[dict[str, Any]]) -> str:
    """The style of what is on one of two maps only: of nodes, and of the curves between them."""
    if not all(each["map"] for each in receivers):
        return ""
    nodes = [{anchor for each in side["connections"] for anchor in each["anchors"]} for side in receivers]
    curves = [{tuple(each["anchors"][1:]) for each in side["connections"]} for side in receivers]
    rules = []
    for number, side in enumerate(("left", "right")):
        boxes = [f'.map.{side} [data-node="{anchor}"] > rect' for anchor in sorted(nodes[number] - nodes[1 - number])]
        lines = [
            f'.map.{side} [data-from="{start}"][data-to="{end}"]'
            for start, end in sorted(curves[number] - curves[1 - number])
        ]
        for selectors, rule in (
            (boxes, "fill: var(--side); fill-opacity: 0.18; stroke: var(--side)"),
            (lines, "stroke: var(--side); stroke-width: 2.5; stroke-opacity: 1"),
        ):
            if selectors:
                rules.append(f"{', '.join(selectors)} {{ {rule} }}")
    return "\n".join(rules)


def runs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Lines of a diff that are of a kind, together, with the tag that they stand in."""
    for first, same in groupby(lines, key=lambda line: line[0]):
        yield TAGS[first], "\n".join(same)
