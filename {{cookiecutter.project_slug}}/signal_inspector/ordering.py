"""In which order signals and receivers stand, so that few of the curves between them cross.

By barycenters (Sugiyama, Tagawa and Toda, 1981): each column in turn is sorted by where in the other one its curves
end, some times over, and the best of what came out is taken. The rows of a signal stay together,
and so do the receivers of an app.
"""

from bisect import bisect_right, insort
from collections.abc import Hashable, Iterable
from statistics import fmean
from typing import TypeVar

from signal_inspector.graph import App, Graph, Receiver, Sender, Signal

U = TypeVar("U")
L = TypeVar("L", bound=Hashable)

Edge = tuple[Sender, Receiver]

SWEEPS = 10


def ordered(graph: Graph) -> tuple[list[tuple[Signal, list[Sender]]], list[tuple[App, list[Receiver]]]]:
    """The signals with their senders, and the apps with their receivers, from top to bottom."""
    left = [(signal, signal.senders) for signal in graph.signals]
    right = [(app, app.receivers) for app in graph.apps]
    edges = [(sender, receiver) for signal, senders in left for sender in senders for receiver in sender.receivers]
    best, fewest = (left, right), crossings(left, right, edges)
    for _ in range(SWEEPS):
        right = arranged(right, positions(left), [(receiver, sender) for sender, receiver in edges])
        left = arranged(left, positions(right), edges)
        count = crossings(left, right, edges)
        if count < fewest:
            best, fewest = (left, right), count
    return best


def arranged(
    column: list[tuple[U, list[L]]], others: dict[Hashable, int], edges: Iterable[tuple[L, Hashable]]
) -> list[tuple[U, list[L]]]:
    """``column``, each unit and each leaf in it where the other ends of its edges are on average."""
    ends: dict[L, list[int]] = {}
    for leaf, other in edges:
        ends.setdefault(leaf, []).append(others[other])
    inner = [(unit, sorted(leaves, key=lambda leaf: fmean(ends[leaf]))) for unit, leaves in column]
    return sorted(inner, key=lambda pair: fmean(end for leaf in pair[1] for end in ends[leaf]))


def positions(column: list[tuple[U, list[L]]]) -> dict[Hashable, int]:
    """The place of each leaf, counted from the top."""
    leaves = [leaf for _, leaves in column for leaf in leaves]
    return {leaf: place for place, leaf in enumerate(leaves)}


def crossings(
    left: list[tuple[Signal, list[Sender]]], right: list[tuple[App, list[Receiver]]], edges: list[Edge]
) -> int:
    """How many pairs of edges cross."""
    starts, ends = positions(left), positions(right)
    above: list[int] = []
    count = 0
    for _start, end in sorted((starts[sender], ends[receiver]) for sender, receiver in edges):
        count += len(above) - bisect_right(above, end)
        insort(above, end)
    return count
