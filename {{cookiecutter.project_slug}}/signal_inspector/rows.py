"""A trace as rows: what was recorded, flattened and named, so that nothing of it is kept alive."""

from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from django.dispatch import Signal

from signal_inspector.names import place_of, receiver_name, sender_name, signal_name
from signal_inspector.tree import Call, Handed, Node, Receiver, Root, Send, Waiting


@dataclass(frozen=True)
class Row:
    """One line of a trace."""

    depth: int  # how far it is indented: 0 for what happened within nothing else
    kind: str  # "send", "call", "on commit" (a signal), "waiting" (something else)
    name: str  # of the signal, the receiver or the function: "django.db.models.signals.post_save"
    sender: str  # of a signal: "accounts.User"; empty for any sender
    number: int  # of a call among those of its send, from 1; else 0
    milliseconds: float | None  # None: it has not happened
    queries: int  # with those of what is beneath, as far as that happened meanwhile
    notes: tuple[str, ...]  # "again, within itself", "raised ValueError: no", "never: rolled back"
    file: str = ""  # where a receiver is written
    line: int = 0

    @property
    def loop(self) -> bool:
        """Whether a receiver was called while it was at work for the same."""
        return AGAIN in self.notes

    @property
    def error(self) -> str:
        """What went wrong, swallowed or not; empty if nothing did."""
        return next((note for note in self.notes if note.startswith(("raised", "swallowed", "never"))), "")

    @property
    def title(self) -> str:
        """The short name, with the sender."""
        short = self.name.rpartition(".")[2]
        match self.kind:
            case "send" | "on commit":
                return f"{short}  {self.sender}".rstrip()
            case "call":
                return f"{self.number} {self.name}"
            case _ if self.milliseconds is None:
                return f"waits for commit  {self.name}".rstrip()
        return f"after the commit  {self.name}".rstrip()


AGAIN = "again, within itself"


@dataclass
class Names:
    """What is named once for all rows of a trace."""

    signals: dict[int, tuple[Signal, str]] = field(default_factory=dict)
    receivers: dict[int, tuple[Receiver, str, tuple[str, int]]] = field(default_factory=dict)

    def signal(self, signal: Signal) -> str:
        """Its dotted path."""
        if id(signal) not in self.signals:
            self.signals[id(signal)] = (signal, signal_name(signal))
        return self.signals[id(signal)][1]

    def receiver(self, receiver: Receiver) -> tuple[str, tuple[str, int]]:
        """Its dotted path, and its place."""
        # Kept with its name, so that no other one can have its id meanwhile.
        if id(receiver) not in self.receivers:
            self.receivers[id(receiver)] = (receiver, receiver_name(receiver), place_of(receiver))
        _, name, place = self.receivers[id(receiver)]
        return name, place


def rows_of(root: Node) -> list[Row]:
    """The rows of what is beneath ``root``, each followed by those beneath it."""
    nodes = flattened(root)
    queries = summed(nodes)
    names = Names()
    return [
        row(node, depth, number, queries[id(node)], names)
        for node, depth, number in nodes[1:]
        if not isinstance(node, Root)
    ]


def flattened(root: Node) -> list[tuple[Node, int, int]]:
    """The nodes, each with its depth and, for a call, its number. Not by recursion: what is traced may be deep."""
    found = []
    stack: list[tuple[Node, int, int]] = [(root, -1, 0)]
    while stack:
        node, depth, number = stack.pop()
        found.append((node, depth, number))
        within = depth if isinstance(node, Root) and node is not root else depth + 1
        children = node.children or []
        numbers = range(1, len(children) + 1) if isinstance(node, Send) else [0] * len(children)
        stack += [(child, within, each) for child, each in reversed(list(zip(children, numbers, strict=True)))]
    return found


def summed(nodes: list[tuple[Node, int, int]]) -> dict[int, int]:
    """The queries of each node, by its id, with those of what is beneath it and happened within it."""
    queries = {id(node): node.queries for node, _, _ in nodes}
    for node, _, _ in reversed(nodes[1:]):
        # What was done after the commit was done when its receiver had ended.
        if not isinstance(node, Waiting) and id(node.parent) in queries:
            queries[id(node.parent)] += queries[id(node)]
    return queries


def row(node: Node, depth: int, number: int, queries: int, names: Names) -> Row:
    """The row of a node."""
    name = sender = kind = ""
    notes: list[str] = []
    place = ("", 0)
    match node:
        case Send():
            kind, name, sender = "send", names.signal(node.signal), sender_name(node.sender)
        case Call():
            kind = "call"
            name, place = names.receiver(node.receiver)
            notes = [AGAIN] * node.again + [node.error]
        case Handed():
            kind, name, sender = "on commit", names.signal(node.signal), sender_name(node.sender)
            notes = [f"on commit, through {path(type(node.delivery))}"]
        case Waiting():
            # A delivery's own function does what the signal above says.
            own = isinstance(node.parent, Handed) and isinstance(node.function, FunctionType)
            kind, name = "waiting", "" if own else receiver_name(node.function)
            notes = [node.fate()]
    if node.start and not node.end:
        notes.append("not ended")
    time = (node.end - node.start) / 1e6 if node.end else None
    return Row(depth, kind, name, sender, number, time, queries, tuple(filter(None, notes)), *place)


def path(thing: Any) -> str:
    """The dotted path of a class."""
    return f"{thing.__module__}.{thing.__qualname__}"
