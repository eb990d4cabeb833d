"""The map can be read: nothing covers anything, texts fit, and few curves cross."""

import re
from collections.abc import Iterable
from functools import cache
from itertools import combinations, pairwise
from random import Random
from typing import Any

import pytest
from django.template.loader import render_to_string
from pytest_django import Settings

from proofs.signal_inspector.made import made, many
from signal_inspector.connections import Connection
from signal_inspector.graph import Graph, graph_of
from signal_inspector.layout import COUNT, MARGIN, NAME, NOTE, PADDING, ROW_NAME, Block, Box, Layout, lay_out
from signal_inspector.ordering import arranged, crossings, ordered, positions
from signal_inspector.widths import fitted, width_of

HOSTILE = ['"><script>alert(1)</script>', "x" * 200, "🎉" * 60, "名前" * 50, "", "ا" * 90, "e\u0301" * 80, "a b\tc\n"]

HOSTILE_CONNECTIONS = [
    made(f"{one}.signal{one}", two, f"{two}.do{two}", sends=(f"{one}.signal{one}",), file=f"/{two}", app=two)
    for one in HOSTILE
    for two in HOSTILE
]

SOME = {
    "none": [],
    "one": many(1),
    **{f"{size}, {seed}": many(size, seed) for size in (3, 12) for seed in range(4)},
    "100": many(100),
    "300": many(300),
    "hostile": HOSTILE_CONNECTIONS,
}


@cache
def layout_of(name: str, counted: bool) -> Layout:
    return lay_out(graph_of(SOME[name]), counted=counted)


def picture(connections: list[Connection]) -> str:
    return render_to_string("signal_inspector/picture.html", {"layout": lay_out(graph_of(connections)), "counts": None})


def blocks_of(layout: Layout) -> list[Block[Any, Any]]:
    return [*layout.signals, *layout.apps]


def overlapping(boxes: Iterable[Box[Any]]) -> list[tuple[Box[Any], Box[Any]]]:
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom
    ]


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("counted", [False, True])
class TestEveryMap:
    @pytest.fixture
    def layout(self, name: str, counted: bool) -> Layout:
        return layout_of(name, counted)

    def test_has_no_box_over_another(self, layout: Layout) -> None:
        assert not overlapping(block.box for block in blocks_of(layout))
        for block in blocks_of(layout):
            assert block.parts
            assert not overlapping(block.parts)
            for part in block.parts:
                assert block.box.x <= part.x < part.right <= block.box.right
                assert block.box.y < part.y < part.bottom <= block.box.bottom

    def test_has_all_boxes_within_it(self, layout: Layout) -> None:
        for block in blocks_of(layout):
            assert block.box.x >= MARGIN
            assert block.box.y >= MARGIN
            assert block.box.right <= layout.width - MARGIN
            assert block.box.bottom <= layout.height - MARGIN

    def test_has_texts_that_fit(self, layout: Layout, counted: bool) -> None:
        for block in blocks_of(layout):
            for box in (block.box, *block.parts):
                for line in box.lines:
                    assert line.x >= box.x + PADDING
                    assert line.x + width_of(line.text, line.size) <= box.right - PADDING
                    assert box.y + line.size <= line.y < box.bottom
                for one, other in pairwise(box.lines):
                    assert other.y - one.y > other.size
        for block in layout.apps if counted else []:
            for part in block.parts:
                assert part.lines[1].x + width_of(part.lines[1].text, NOTE) + COUNT <= part.right - PADDING

    def test_has_a_curve_for_each_connection_from_its_sender_to_its_receiver(self, layout: Layout, name: str) -> None:
        drawn = [(curve.signal.name, curve.sender.name, curve.receiver.name) for curve in layout.curves]
        assert len(drawn) == len(set(drawn))
        assert set(drawn) == {(each.signal_name, each.sender_name, each.receiver_name) for each in SOME[name]}
        boxes = {part.node: part for block in blocks_of(layout) for part in block.parts}
        for curve in layout.curves:
            start, end = boxes[curve.sender], boxes[curve.receiver]
            x1, y1, *_, x2, y2 = map(int, re.findall(r"\d+", curve.path))
            assert (x1, y1) == (start.right, start.middle)
            assert (x2, y2) == (end.x, end.middle)

    def test_has_every_link_lead_to_a_box(self, layout: Layout) -> None:
        nodes = {block.box.node.anchor for block in layout.signals}
        nodes |= {part.node.anchor for block in layout.apps for part in block.parts}
        for block in blocks_of(layout):
            for box in (block.box, *block.parts):
                assert {line.anchor for line in box.lines} <= nodes | {""}

    def test_has_letters_that_can_be_read(self, layout: Layout) -> None:
        assert min(NAME, ROW_NAME, NOTE) >= 12
        assert layout.width <= 1280  # at their own size, without scrolling to the side


def test_it_is_no_longer_than_the_longer_column() -> None:
    few = [made("a.one", "", f"app.receive{n:02}") for n in range(12)]
    last = [made("a.two", f"a.Sender{n}", "app.zlast") for n in range(6)]
    layout = lay_out(graph_of([*few, *last]))
    (app,) = layout.apps
    assert layout.height == app.box.bottom + MARGIN
    assert app.parts[-1].node.label == "zlast"
    assert [block.box.bottom for block in layout.signals][-1] == app.box.bottom


@pytest.mark.parametrize("name", SOME)
def test_the_picture_is_the_same_whatever_the_order_of_connections(name: str) -> None:
    connections = SOME[name]
    assert picture(Random(1).sample(connections, len(connections))) == picture(connections)


def test_the_picture_has_plain_numbers(settings: Settings) -> None:
    expected = picture(SOME["100"])
    settings.USE_THOUSAND_SEPARATOR = True
    assert picture(SOME["100"]) == expected


def test_whoever_writes_out_what_a_template_gets_is_done_soon() -> None:
    graph = graph_of(many(100))
    layout = lay_out(graph)
    everything = [graph, *graph.signals, *graph.apps, layout, *layout.curves, *blocks_of(layout)]
    assert all(len(repr(each)) < 100 for each in everything)


class TestOrdering:
    @staticmethod
    def columns(graph: Graph) -> tuple[Any, Any, Any]:
        left = [(signal, signal.senders) for signal in graph.signals]
        right = [(app, app.receivers) for app in graph.apps]
        return left, right, [(one, end) for signal in graph.signals for one in signal.senders for end in one.receivers]

    @pytest.mark.parametrize("seed", range(5))
    def test_counts_crossings(self, seed: int) -> None:
        left, right, edges = self.columns(graph_of(many(20, seed)))
        starts, ends = positions(left), positions(right)
        pairs = [(starts[one], ends[other]) for one, other in edges]
        crossing = [1 for (a, b), (c, d) in combinations(pairs, 2) if (a - c) * (b - d) < 0]
        assert crossings(left, right, edges) == len(crossing) > 0

    def test_takes_out_every_crossing_where_that_can_be_done(self) -> None:
        graph = graph_of(made(f"a.signal{n}", "", f"app{9 - n}.receive{n}") for n in range(10))
        left, right, edges = self.columns(graph)
        assert crossings(left, right, edges) == 45
        assert crossings(*ordered(graph), edges) == 0

    @pytest.mark.parametrize("seed", range(5))
    def test_takes_out_some(self, seed: int) -> None:
        graph = graph_of(many(60, seed))
        left, right, edges = self.columns(graph)
        assert crossings(*ordered(graph), edges) < crossings(left, right, edges)

    def test_puts_each_where_its_curves_end(self) -> None:
        column = [("unit", ["a", "b"]), ("other", ["c"])]
        edges = [("a", "far"), ("b", "near"), ("b", "far"), ("c", "near")]
        assert arranged(column, {"near": 0, "far": 9}, edges) == [("other", ["c"]), ("unit", ["b", "a"])]


class TestWidths:
    def test_of_letters_are_alike(self) -> None:
        assert width_of("i" * 20, 14) == width_of("W" * 20, 14) > 20 * 14 * 0.6

    def test_of_pictures_and_wide_letters_are_more(self) -> None:
        assert width_of("🎉", 14) > width_of("aa", 14)
        assert width_of("名", 14) > width_of("aa", 14)

    def test_what_fits_stays_as_it_is(self) -> None:
        assert fitted("record_change", 14, width_of("record_change", 14)) == "record_change"

    def test_what_does_not_is_shortened(self) -> None:
        assert fitted("record_change", 14, width_of("record_change", 14) - 1) == "record_chan…"
        assert fitted("record_change", 14, 1) == "…"


class TestGraph:
    def test_tells_functions_of_one_name_apart(self) -> None:
        graph = graph_of([made("a.one", "", "a.<lambda>", line=1), made("a.one", "", "a.<lambda>", line=2)])
        one, other = graph.receivers
        assert (one.anchor, other.anchor) == ("receiver-a.-lambda-", "receiver-a.-lambda--2")

    def test_has_a_receiver_once_however_often_it_is_connected(self) -> None:
        graph = graph_of([made("a.one", "a.A", "b.do"), made("a.one", "a.B", "b.do"), made("a.two", "", "b.do")])
        (receiver,) = graph.receivers
        assert [(group.first.signal_name, len(group.connections)) for group in receiver.groups] == [
            ("a.one", 2),
            ("a.two", 1),
        ]

    def test_knows_who_sends_what(self) -> None:
        graph = graph_of([made("a.one", "", "b.do", sends=("a.two", "a.gone")), made("a.two", "", "c.do")])
        one, two = graph.signals
        assert [receiver.name for receiver in two.sent_by] == ["b.do"]
        assert one.sent_by == []

    def test_has_receivers_in_the_order_of_their_calls(self) -> None:
        graph = graph_of([made("a.one", "", "b.first", order=2), made("a.one", "", "c.second", order=10)])
        assert [receiver.label for receiver in graph.signals[0].senders[0].receivers] == ["first", "second"]
