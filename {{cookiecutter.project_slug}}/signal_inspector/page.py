"""What the map's page is made of, on the site and as a file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.db.models.signals import ModelSignal

from signal_inspector.connections import Connection
from signal_inspector.counting import counts
from signal_inspector.graph import app_of, graph_of
from signal_inspector.layout import lay_out
from signal_inspector.telling import told

ANY_SENDER = "any"

# What can be asked for, and what a connection has of it.
FILTERS: dict[str, Callable[[Connection], str]] = {
    "app": app_of,
    "signal": lambda connection: connection.signal_name,
    "sender": lambda connection: connection.sender_name or ANY_SENDER,
}


@dataclass(frozen=True)
class Choice:
    """A field of the form: what can be chosen, and what is. Nothing chosen: all."""

    name: str
    options: list[str]
    chosen: str


@dataclass(frozen=True)
class Form:
    """What is asked for. ``everyone``: not only the receivers of the project."""

    everyone: bool
    choices: list[Choice]
    unknown: list[tuple[str, str]]  # what was asked for that is not there: name and value

    @property
    def is_narrow(self) -> bool:
        return any(choice.chosen for choice in self.choices)


def page_of(connections: Sequence[Connection]) -> dict[str, Any]:
    """What the templates show of some connections."""
    counted, graph = counts(), graph_of(connections)
    return {
        "graph": graph,
        "layout": lay_out(graph, counted=counted is not None),
        "counts": None if counted is None else told(counted),
        "connections": connections,
    }


def filtered(connections: Sequence[Connection], asked: Mapping[str, str]) -> tuple[list[Connection], Form]:
    """Those of the connections that are asked for, by default those of the project's receivers; and the form."""
    everyone = asked.get("of") == "everyone"
    found = [connection for connection in connections if everyone or connection.project]
    choices, unknown = [], []
    for name, value in FILTERS.items():
        options, chosen = sorted({value(connection) for connection in found}), asked.get(name, "")
        if chosen and chosen not in options:
            unknown.append((name, chosen))
            chosen = ""
        choices.append(Choice(name, options, chosen))
    models = {each.sender_name for each in found if isinstance(each.sender, type) and issubclass(each.sender, Model)}
    for choice in choices:
        if choice.chosen:
            # What hears of every model hears of this one.
            any_model = choice.name == "sender" and choice.chosen in models
            found = [
                each
                for each in found
                if FILTERS[choice.name](each) == choice.chosen
                or (any_model and each.sender is None and isinstance(each.signal, ModelSignal))
            ]
    return found, Form(everyone, choices, unknown)
