"""Connections as JSON, as a Mermaid flowchart and as a graph for Graphviz."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

from signal_inspector.connections import Connection


def as_json(found: Iterable[Connection]) -> str:
    """A list of objects. Their keys stay as they are: see the README."""
    return json.dumps([described(each) for each in found], indent=2)


def described(each: Connection) -> dict[str, Any]:
    """One connection in words and numbers."""
    return {
        "signal": each.signal_name,
        "order": each.order,
        "sender": each.sender_name or None,
        "receiver": each.receiver_name,
        "file": each.file or None,
        "line": each.line or None,
        "app": each.app or None,
        "project": each.project,
        "dispatch_uid": each.dispatch_uid,
        "weak": each.weak,
        "dead": each.receiver is None,
        "async": each.is_async,
        "connected_at": ":".join(map(str, each.connected_at)) if each.connected_at else None,
        "sends": list(each.sends),
    }


def as_mermaid(found: Iterable[Connection]) -> str:
    """From signals to receivers, by way of senders; dotted, from receivers to what they send."""
    names, arrows = _graph(found)
    lines = ["flowchart LR"]
    for (kind, name), number in names.items():
        left, right = ("([", "])") if kind == "signal" else ("[", "]")
        lines.append(f'  n{number}{left}"{_for_mermaid(name)}"{right}')
    for start, end, text, sends in arrows:
        arrow = "-.->" if sends else "-->"
        lines.append(f'  n{start} {arrow}|"{_for_mermaid(text)}"| n{end}')
    return "\n".join(lines)


def as_dot(found: Iterable[Connection]) -> str:
    """The same, for ``dot``."""
    names, arrows = _graph(found)
    lines = ["digraph signals {", "  rankdir=LR;", "  node [shape=box];"]
    for (kind, name), number in names.items():
        shape = " shape=oval" if kind == "signal" else ""
        lines.append(f'  n{number} [label="{_for_dot(name)}"{shape}];')
    for start, end, text, sends in arrows:
        style = " style=dashed" if sends else ""
        lines.append(f'  n{start} -> n{end} [label="{_for_dot(text)}"{style}];')
    return "\n".join([*lines, "}"])


def _graph(found: Iterable[Connection]) -> tuple[dict[tuple[str, str], int], list[tuple[int, int, str, bool]]]:
    """Nodes, numbered, by what they are; and arrows: from, to, text, whether it is one of sending."""
    numbers = count()
    nodes: dict[tuple[str, str], int] = {}
    arrows: dict[tuple[int, int, str, bool], None] = {}

    def node(kind: str, name: str) -> int:
        if (kind, name) not in nodes:
            nodes[kind, name] = next(numbers)
        return nodes[kind, name]

    for each in found:
        signal, receiver = node("signal", each.signal_name), node("receiver", each.receiver_name)
        arrows[signal, receiver, each.sender_name or "any sender", False] = None
        for sent in each.sends:
            arrows[receiver, node("signal", sent), "sends", True] = None
    return nodes, list(arrows)


def _for_mermaid(text: str) -> str:
    """As it takes what is in quotes: by number, whatever could mean something to it, or to HTML."""
    return "".join(c if c.isascii() and (c.isalnum() or c in " ._-():/") else f"#{ord(c)};" for c in one_line(text))


def _for_dot(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace('"', '\\"')


def one_line(text: str) -> str:
    """Without what would begin a new line or cannot be seen."""
    return "".join(c if c.isprintable() else " " for c in text)
