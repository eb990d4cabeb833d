"""What the map shows: signals with their senders, receivers by app, and who is connected to what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from signal_inspector.connections import Connection


@dataclass(eq=False, repr=False)
class Receiver:
    """A function that is called, however often it is connected."""

    name: str
    anchor: str
    connections: list[Connection] = field(default_factory=list)

    @property
    def label(self) -> str:
        return last_part(self.name)

    @property
    def place(self) -> str:
        """Where it is defined, in short: ``signals.py:12``."""
        file, line = Path(self.connections[0].file), self.connections[0].line
        name = f"{file.parent.name}/{file.name}" if file.name == "__init__.py" else file.name
        return f"{name}:{line}" if name else ""

    @property
    def remark(self) -> str:
        """What sets it apart from most."""
        if any(connection.receiver is None for connection in self.connections):
            return "gone"
        return "async" if self.connections[0].is_async else ""

    @property
    def groups(self) -> list["Group"]:
        """Its connections: together those that differ in nothing but the sender."""
        found: dict[tuple[object, ...], Group] = {}
        for each in sorted(self.connections, key=lambda connection: connection.order):
            key = (each.signal_name, each.dispatch_uid, each.weak, each.connected_at)
            found.setdefault(key, Group(each, [])).connections.append(each)
        return sorted(found.values(), key=lambda group: group.first.signal_name)

    @property
    def sends(self) -> list[str]:
        return sorted({name for connection in self.connections for name in connection.sends})


@dataclass(frozen=True)
class Group:
    """Connections of one receiver to one signal, made alike: ``first`` is one of them."""

    first: Connection
    connections: list[Connection]


@dataclass(eq=False, repr=False)
class Sender:
    """One of those whose sending of one signal is listened to; without a name, any."""

    name: str
    anchor: str
    receivers: list[Receiver] = field(default_factory=list)

    @property
    def label(self) -> str:
        return self.name or "any sender"


@dataclass(eq=False, repr=False)
class Signal:
    """A signal, with the senders that are listened to, each with its receivers in the order of their calls."""

    name: str
    anchor: str
    senders: list[Sender] = field(default_factory=list)
    sent_by: list[Receiver] = field(default_factory=list)

    @property
    def label(self) -> str:
        return last_part(self.name)

    @property
    def module(self) -> str:
        return self.name.rpartition(".")[0]


@dataclass(eq=False, repr=False)
class App:
    """The receivers of one app."""

    label: str
    receivers: list[Receiver] = field(default_factory=list)


@dataclass(frozen=True)
class Graph:
    """All of it, in the order of the names."""

    signals: list[Signal]
    apps: list[App]

    @property
    def receivers(self) -> list[Receiver]:
        return [receiver for app in self.apps for receiver in app.receivers]


def graph_of(connections: Iterable[Connection]) -> Graph:
    """The graph of some connections. It depends on what they are, not on their order.

    Functions are told apart by name and place: there may be several ``<lambda>`` in a module.
    """
    signals: dict[str, Signal] = {}
    senders: dict[tuple[str, str], Sender] = {}
    receivers: dict[tuple[str, str, int], Receiver] = {}
    apps: dict[str, App] = {}
    anchors: set[str] = set()
    for connection in sorted(connections, key=_by_name):
        name = connection.signal_name
        if name not in signals:
            signals[name] = Signal(name, anchor("signal", name, anchors))
        if (name, connection.sender_name) not in senders:
            sender = Sender(connection.sender_name, anchor("sender", f"{name}-{connection.sender_name}", anchors))
            senders[name, connection.sender_name] = sender
            signals[name].senders.append(sender)
        sender = senders[name, connection.sender_name]
        key = (connection.receiver_name, connection.file, connection.line)
        if key not in receivers:
            receiver = receivers[key] = Receiver(connection.receiver_name, anchor("receiver", key[0], anchors))
            app = apps.setdefault(app_of(connection), App(app_of(connection)))
            app.receivers.append(receiver)
        receiver = receivers[key]
        receiver.connections.append(connection)
        if receiver not in sender.receivers:
            sender.receivers.append(receiver)

    graph = Graph([signals[name] for name in sorted(signals)], [apps[label] for label in sorted(apps)])
    for app in graph.apps:
        app.receivers.sort(key=lambda receiver: (receiver.name, receiver.anchor))
        for receiver in app.receivers:
            for name in receiver.sends:
                if name in signals:
                    signals[name].sent_by.append(receiver)
    return graph


def _by_name(connection: Connection) -> tuple[object, ...]:
    receiver = (connection.receiver_name, connection.file, connection.line)
    return (connection.signal_name, connection.sender_name, connection.order, receiver, connection.dispatch_uid or "")


def app_of(connection: Connection) -> str:
    """The app that has the receiver; the package, if it is in none."""
    return connection.app or connection.receiver_name.partition(".")[0]


def last_part(name: str) -> str:
    """What a dotted name ends with."""
    return name.rpartition(".")[2] or name


def anchor(kind: str, name: str, taken: set[str]) -> str:
    """An id for an element, and for links to it, that no other has. The same in every page with the same names."""
    plain = f"{kind}-{re.sub(r'[^A-Za-z0-9_.-]', '-', name)[:100]}"
    found, number = plain, 1
    while found in taken:
        number += 1
        found = f"{plain}-{number}"
    taken.add(found)
    return found
