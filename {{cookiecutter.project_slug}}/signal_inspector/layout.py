"""Where everything on the map is: signals on the left, receivers on the right, and curves between them.

A signal is a block with a part for each sender. A curve leads from a sender to a receiver, and is one connection: were
senders a column of their own, curves that meet at a signal would not tell whose receiver is whose. An app is a block
with a part for each receiver. What a receiver sends in turn is written there, as a link: a curve back would cross all
others.

Lengths are pixels, and integers; ``y`` grows downwards, and a line of text stands on its ``y``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any, Generic, Self, TypeVar

from signal_inspector.graph import App, Graph, Receiver, Sender, Signal, last_part
from signal_inspector.ordering import ordered
from signal_inspector.widths import fitted, width_of

NAME, ROW_NAME, NOTE = 14, 13, 12  # the sizes of fonts: of names, of senders, and of what is said about them

MARGIN = 16  # around the map
TITLE = 48  # what the titles of the columns take
PADDING = 12  # between a border and text
HEADING, LINE, ROW = 32, 18, 26  # the heights of a name, of a note below it, and of a sender
GAP, WIDE_GAP = 8, 20  # between receivers, and between blocks
MIDDLE = 280  # between the columns, for the curves
NARROWEST, WIDEST = 200, 340  # a column's room for text
COUNT = 210  # what a count takes of the line below a receiver's name
COLOURS = 6

Whole = TypeVar("Whole", bound=Signal | App)
Node = TypeVar("Node", bound=Signal | App | Sender | Receiver)
Other = TypeVar("Other", bound=Sender | Receiver)
Note = tuple[str, str]  # a text, and the anchor that it leads to


@dataclass(frozen=True)
class Line:
    """A text, as far as it fits; ``full`` is all of it. With an anchor it leads to the node that has it."""

    text: str
    full: str
    size: int
    x: int
    y: int
    anchor: str = ""


@dataclass(frozen=True, repr=False)
class Box(Generic[Node]):
    """The rectangle of a node, with the lines in it."""

    node: Node
    x: int
    y: int
    width: int
    height: int
    lines: list[Line]

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def middle(self) -> int:
        return self.y + self.height // 2

    def moved(self, down: int) -> Self:
        return replace(self, y=self.y + down, lines=[replace(line, y=line.y + down) for line in self.lines])


@dataclass(frozen=True, repr=False)
class Block(Generic[Whole, Node]):
    """The box of a signal or an app, and in it those of its senders or receivers."""

    box: Box[Whole]
    parts: list[Box[Node]]
    colour: int = 0

    def moved(self, down: int) -> Self:
        return replace(self, box=self.box.moved(down), parts=[part.moved(down) for part in self.parts])


SignalBlock = Block[Signal, Sender]
AppBlock = Block[App, Receiver]


@dataclass(frozen=True, repr=False)
class Curve:
    """A connection: from the right side of a sender's box to the left side of a receiver's."""

    signal: Signal
    sender: Sender
    receiver: Receiver
    start: Box[Sender]
    end: Box[Receiver]
    colour: int

    @property
    def path(self) -> str:
        """As SVG has it."""
        x1, y1, x2, y2 = self.start.right, self.start.middle, self.end.x, self.end.middle
        bend = (x2 - x1) // 2
        return f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"


@dataclass(frozen=True, repr=False)
class Layout:
    width: int
    height: int
    left: int  # where the columns begin
    right: int
    signals: list[SignalBlock]
    apps: list[AppBlock]
    curves: list[Curve]


def lay_out(graph: Graph, *, counted: bool = False) -> Layout:
    """The layout of a graph; with room for counts at the receivers, if they are ``counted``."""
    left, right = ordered(graph)
    anchors = {signal.name: signal.anchor for signal in graph.signals}
    colours = {app.label: number % COLOURS for number, app in enumerate(graph.apps)}
    senders = [sender.label for signal in graph.signals for sender in signal.senders]

    room = room_for([signal.label for signal in graph.signals], [*map(signal_notes, graph.signals)], senders)
    signals = stacked([signal_block(signal, parts, room) for signal, parts in left])
    x = MARGIN + room + 2 * PADDING + MIDDLE
    notes = [receiver_notes(receiver, anchors) for receiver in graph.receivers]
    count = COUNT if counted else 0
    room = room_for([receiver.label for receiver in graph.receivers], notes, [], count)
    apps = stacked([app_block(app, parts, x, room, count, anchors, colours[app.label]) for app, parts in right])

    # The longer column stays as it is: the blocks of the other go to where their curves are short.
    edges = [(sender, receiver) for _, parts in left for sender in parts for receiver in sender.receivers]
    if bottom_of(signals) < bottom_of(apps):
        signals = settled(signals, apps, edges)
    else:
        apps = settled(apps, signals, [(receiver, sender) for sender, receiver in edges])
    height = max(bottom_of(signals), bottom_of(apps)) + MARGIN
    return Layout(x + room + 4 * PADDING + MARGIN, height, MARGIN, x, signals, apps, curves(signals, apps))


def signal_notes(signal: Signal) -> list[Note]:
    """What is said about a signal, below its name."""
    return [(signal.module, ""), *((f"sent by {receiver.label}", receiver.anchor) for receiver in signal.sent_by)]


def receiver_notes(receiver: Receiver, anchors: dict[str, str]) -> list[Note]:
    """What is said about a receiver, below its name."""
    about = " ".join(filter(None, (receiver.place, receiver.remark)))
    return [(about, ""), *((f"sends {last_part(name)}", anchors.get(name, "")) for name in receiver.sends)]


def room_for(names: list[str], notes: list[list[Note]], rows: list[str], extra: int = 0) -> int:
    """How wide a column's texts may be: as needed, within limits. ``extra`` is for what follows the first note."""
    widths = [width_of(name, NAME) for name in names]
    widths += [width_of(text, NOTE) for _, *others in notes for text, _ in others]
    widths += [width_of(text, NOTE) + extra for (text, _), *_ in notes]
    widths += [width_of(row, ROW_NAME) for row in rows]
    return min(max([NARROWEST, *widths]), WIDEST + extra)


def lines_of(name: str, notes: list[Note], x: int, y: int, room: int, extra: int = 0) -> list[Line]:
    """A name, and notes below it, in a box that begins at ``y``; after the first note ``extra`` is kept free."""
    lines = [Line(fitted(name, NAME, room), name, NAME, x, y + HEADING - 10)]
    for number, (text, anchor) in enumerate(notes, start=1):
        fits = fitted(text, NOTE, room - extra if number == 1 else room)
        lines.append(Line(fits, text, NOTE, x, y + HEADING - 10 + LINE * number, anchor))
    return lines


def signal_block(signal: Signal, senders: list[Sender], room: int) -> SignalBlock:
    """A signal, at the top of the left column."""
    notes, width, x = signal_notes(signal), room + 2 * PADDING, MARGIN + PADDING
    y = HEADING + LINE * len(notes)
    parts = []
    for sender in senders:
        line = Line(fitted(sender.label, ROW_NAME, room), sender.label, ROW_NAME, x, y + ROW - 8)
        parts.append(Box(sender, MARGIN, y, width, ROW, [line]))
        y += ROW
    return Block(Box(signal, MARGIN, 0, width, y, lines_of(signal.label, notes, x, 0, room)), parts)


def app_block(
    app: App, receivers: list[Receiver], x: int, room: int, extra: int, anchors: dict[str, str], colour: int
) -> AppBlock:
    """An app, at the top of the right column, which begins at ``x``."""
    parts, y, inner = [], HEADING, x + PADDING
    for receiver in receivers:
        notes = receiver_notes(receiver, anchors)
        height = HEADING + LINE * len(notes)
        lines = lines_of(receiver.label, notes, inner + PADDING, y, room, extra)
        parts.append(Box(receiver, inner, y, room + 2 * PADDING, height, lines))
        y += height + GAP
    return Block(
        Box(app, x, 0, room + 4 * PADDING, y - GAP + PADDING, lines_of(app.label, [], inner, 0, room)), parts, colour
    )


def stacked(blocks: list[Block[Whole, Node]]) -> list[Block[Whole, Node]]:
    """One below the other, from the top."""
    y, placed = TITLE, []
    for block in blocks:
        placed.append(block.moved(y - block.box.y))
        y += block.box.height + WIDE_GAP
    return placed


def bottom_of(blocks: Sequence[Block[Whole, Node]]) -> int:
    """Where a column ends."""
    return max((block.box.bottom for block in blocks), default=TITLE)


def settled(
    blocks: list[Block[Whole, Node]], others: list[Block[Any, Other]], edges: Iterable[tuple[Node, Other]]
) -> list[Block[Whole, Node]]:
    """Stacked blocks, each moved down to where its curves are short, as the next one allows. No lower than the others.

    ``edges`` lead from the parts of the blocks to the parts of the others. How far down each is moved is the
    non-decreasing row of numbers that is nearest to what each would like: neighbours that would pass one another move
    together.
    """
    starts = {part.node: part.middle for block in blocks for part in block.parts}
    ends = {part.node: part.middle for block in others for part in block.parts}
    ways: dict[Node, list[int]] = {}
    for node, other in edges:
        ways.setdefault(node, []).append(ends[other] - starts[node])
    pools: list[tuple[float, int]] = []  # by how much, and how many blocks
    for block in blocks:
        wish, count = fmean(way for part in block.parts for way in ways[part.node]), 1
        while pools and pools[-1][0] > wish:
            above, number = pools.pop()
            wish, count = (above * number + wish * count) / (number + count), number + count
        pools.append((wish, count))
    most = bottom_of(others) - bottom_of(blocks)
    downs = [min(max(round(wish), 0), most) for wish, count in pools for _ in range(count)]
    return [block.moved(down) for block, down in zip(blocks, downs, strict=True)]


def curves(signals: list[SignalBlock], apps: list[AppBlock]) -> list[Curve]:
    """One for each connection, from the top."""
    ends = {part.node: (part, app.colour) for app in apps for part in app.parts}
    found = []
    for block in signals:
        for part in block.parts:
            for receiver in part.node.receivers:
                found.append(Curve(block.box.node, part.node, receiver, part, *ends[receiver]))
    return found
