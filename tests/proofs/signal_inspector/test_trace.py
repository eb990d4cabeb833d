"""A trace is true in threads, tasks and transactions, and leaves nothing behind."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.signals import post_save, pre_save
from django.dispatch import Signal
from pytest_django import Settings

from core import dispatch
from core.dispatch import OrderedSignal, send_on_commit
from proofs.threads import run_at_once
from signal_inspector import tree
from signal_inspector.surroundings import SURROUNDINGS
from signal_inspector.trace import Trace, traced
from testing.signals import captured, muted

pytestmark = pytest.mark.usefixtures("bare")

Connect = Callable[..., Any]

outer_sent = Signal()
inner_sent = Signal()
cached_sent = Signal(use_caching=True)
ordered_sent = OrderedSignal()

THIS = __name__


class Sender:
    """Something that sends."""


def quiet(**kwargs: Any) -> str:
    return "quiet"


def sends_more(**kwargs: Any) -> None:
    inner_sent.send(Sender)


def fails(**kwargs: Any) -> None:
    raise ValueError("It\nfailed.")


async def waits(**kwargs: Any) -> str:
    await asyncio.sleep(0.001)
    return "waited"


async def awaits_more(**kwargs: Any) -> None:
    await asyncio.sleep(0.001)
    await inner_sent.asend(Sender)
    await asyncio.sleep(0.001)


async def fails_later(**kwargs: Any) -> None:
    await asyncio.sleep(0.001)
    raise ValueError("It failed.")


def outline(trace: Trace) -> list[str]:
    """The rows without times and queries, two spaces for each step."""
    return [
        f"{'  ' * row.depth}{row.title.replace(f'{THIS}.', '')}{''.join(f' ({note})' for note in row.notes)}"
        for row in trace.rows
    ]


def unordered(trace: Trace) -> list[str]:
    """The same where receivers run at once: without order, and so without steps and numbers."""
    return sorted(line.lstrip(" 123") for line in outline(trace))


class TestTree:
    def test_callers_get_what_they_would_have_got(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        connect(outer_sent, fails)
        connect(outer_sent, waits)
        with traced():
            responses = outer_sent.send_robust(Sender)
        assert [receiver for receiver, _ in responses] == [quiet, fails, waits]
        assert responses[0][1] == "quiet"
        assert isinstance(responses[1][1], ValueError)
        assert responses[2][1] == "waited"

    def test_an_error_propagates_and_is_shown_where_it_came_through(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        connect(outer_sent, sends_more)
        connect(outer_sent, waits)
        connect(inner_sent, fails)
        with traced() as trace:
            with pytest.raises(ValueError, match="failed"):
                outer_sent.send(Sender)
            inner_sent.send_robust(Sender)
        assert outline(trace) == [
            "outer_sent  Sender",
            "  1 quiet",
            "  2 sends_more (raised ValueError: It failed.)",
            "    inner_sent  Sender",
            "      1 fails (raised ValueError: It failed.)",
            "inner_sent  Sender",
            "  1 fails (swallowed by send_robust: ValueError: It failed.)",
        ]
        assert all(row.milliseconds is not None for row in trace.rows)

    @pytest.mark.parametrize("signal", [cached_sent, ordered_sent], ids=["caching", "ordered"])
    def test_other_kinds_of_signals_are_shown_too(self, signal: Signal, connect: Connect) -> None:
        connect(signal, quiet)
        with traced() as trace:
            signal.send(Sender)
            signal.send(Sender)
        assert [row.kind for row in trace.rows] == ["send", "call"] * 2

    def test_a_receiver_that_is_connected_meanwhile_is_seen(self, connect: Connect) -> None:
        with traced() as trace:
            outer_sent.send(Sender)
            connect(outer_sent, quiet)
            outer_sent.send(Sender)
        assert outline(trace) == ["outer_sent  Sender", "  1 quiet"]
        assert trace.totals.unheard == 1

    def test_a_receiver_may_disconnect_itself(self) -> None:
        def once(**kwargs: Any) -> None:
            outer_sent.disconnect(once)

        outer_sent.connect(once)
        with traced() as trace:
            outer_sent.send(Sender)
            outer_sent.send(Sender)
        assert len(trace.calls(f"{THIS}.TestTree.test_a_receiver_may_disconnect_itself.<locals>.once")) == 1

    def test_asking_for_receivers_is_no_call(self, connect: Connect) -> None:
        asked = []

        def ask(**kwargs: Any) -> None:
            asked.append((outer_sent.has_listeners(Sender), outer_sent._live_receivers(Sender)))

        connect(outer_sent, ask)
        with traced() as trace:
            outer_sent.send(Sender)
            outer_sent._live_receivers(Sender)
        assert asked == [(True, ([ask], []))]
        assert trace.totals.calls == 1

    def test_keeps_so_many_calls_and_counts_the_others(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tree, "ROOM", 3)
        connect(outer_sent, quiet)
        connect(outer_sent, sends_more)
        connect(inner_sent, quiet)
        with traced() as trace:
            outer_sent.send(Sender)
            outer_sent.send(Sender)
        assert trace.totals.calls == 3
        assert trace.totals.not_kept == 3
        assert "3 calls more, for which there was no room" in str(trace)

    def test_can_be_read_while_it_goes_on(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        with traced() as trace:
            outer_sent.send(Sender)
            assert outline(trace) == ["outer_sent  Sender", "  1 quiet"]
            outer_sent.send(Sender)
        assert trace.totals.sends == 2

    def test_says_what_has_not_ended(self, connect: Connect) -> None:
        seen: list[list[str]] = []

        def look(**kwargs: Any) -> None:
            seen.append(outline(trace))

        connect(outer_sent, look)
        with traced() as trace:
            outer_sent.send(Sender)
        assert seen[0][0] == "outer_sent  Sender (not ended)"


class TestLoops:
    def test_a_receiver_within_itself_for_the_same_is_pointed_out(self, connect: Connect) -> None:
        depth = iter(range(3))

        def again(**kwargs: Any) -> None:
            if next(depth, None) is not None:
                outer_sent.send(Sender, instance=kwargs["instance"])

        connect(outer_sent, again)
        with traced() as trace:
            outer_sent.send(Sender, instance=Group(pk=1))
        calls = [row for row in trace.rows if row.kind == "call"]
        assert [row.loop for row in calls] == [False, True, True, True]
        assert "at work for the same object, 3 times." in str(trace)

    def test_another_instance_is_none(self, connect: Connect) -> None:
        def next_one(**kwargs: Any) -> None:
            if (number := kwargs["instance"].pk) < 3:
                outer_sent.send(Sender, instance=Group(pk=number + 1))

        connect(outer_sent, next_one)
        with traced() as trace:
            outer_sent.send(Sender, instance=Group(pk=1))
        assert trace.totals.calls == 3
        assert not any(row.loop for row in trace.rows)

    def test_another_object_of_the_same_row_is_one(self, connect: Connect) -> None:
        def reload(**kwargs: Any) -> None:
            if kwargs["instance"].name != "reloaded":
                outer_sent.send(Sender, instance=Group(pk=1, name="reloaded"))

        connect(outer_sent, reload)
        with traced() as trace:
            outer_sent.send(Sender, instance=Group(pk=1))
        assert [row.loop for row in trace.rows if row.kind == "call"] == [False, True]

    def test_an_endless_one_can_be_read(self, connect: Connect) -> None:
        def endless(**kwargs: Any) -> None:
            outer_sent.send(Sender)

        connect(outer_sent, endless)
        with traced() as trace, pytest.raises(RecursionError):
            outer_sent.send(Sender)
        assert trace.totals.calls > 50
        assert "Loop: " in str(trace)


class TestAsync:
    def test_receivers_that_run_at_once_each_have_what_they_send(self, connect: Connect) -> None:
        connect(outer_sent, sends_more)
        connect(outer_sent, awaits_more)
        connect(outer_sent, waits)
        connect(inner_sent, quiet)

        async def act() -> Trace:
            with traced() as trace:
                await outer_sent.asend(Sender)
            return trace

        expected = [
            "outer_sent  Sender",
            "  1 sends_more",
            "    inner_sent  Sender",
            "      1 quiet",
            "  2 awaits_more",
            "    inner_sent  Sender",
            "      1 quiet",
            "  3 waits",
        ]
        assert unordered(asyncio.run(act())) == sorted(line.lstrip(" 123") for line in expected)
        with traced() as trace:
            outer_sent.send(Sender)
        assert outline(trace) == expected

    def test_callers_get_what_they_would_have_got(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        connect(outer_sent, waits)
        connect(outer_sent, fails_later)

        async def act() -> list[tuple[Any, Any]]:
            with traced():
                return await outer_sent.asend_robust(Sender)

        responses = asyncio.run(act())
        assert [receiver for receiver, _ in responses] == [quiet, waits, fails_later]
        assert [response for _, response in responses][:2] == ["quiet", "waited"]

    def test_an_error_propagates(self, connect: Connect) -> None:
        connect(outer_sent, fails_later)

        async def act() -> Trace:
            with traced() as trace, pytest.raises(ValueError, match="failed"):
                await outer_sent.asend(Sender)
            return trace

        assert outline(asyncio.run(act())) == ["outer_sent  Sender", "  1 fails_later (raised ValueError: It failed.)"]

    def test_an_error_is_of_the_receiver_that_raised_it(self, connect: Connect) -> None:
        """Another one may run in a thread meanwhile."""
        begun, done = threading.Event(), threading.Event()

        def slow(**kwargs: Any) -> None:
            begun.set()
            time.sleep(0.05)
            done.set()

        async def fails_meanwhile(**kwargs: Any) -> None:
            while not begun.is_set():
                await asyncio.sleep(0.001)
            raise ValueError("It failed.")

        connect(outer_sent, slow)
        connect(outer_sent, fails_meanwhile)

        async def act() -> Trace:
            with traced() as trace:
                before = tree.current.get()
                with pytest.raises(ValueError, match="failed"):
                    await outer_sent.asend(Sender)
                assert tree.current.get() is before
            return trace

        trace = asyncio.run(act())
        assert done.wait(10)
        errors = {row.name.rpartition(".")[2]: row.error for row in trace.rows if row.kind == "call"}
        assert errors == {"slow": "", "fails_meanwhile": "raised ValueError: It failed."}

    def test_follows_into_tasks_and_threads_that_it_starts(self, connect: Connect) -> None:
        connect(outer_sent, quiet)

        async def act() -> Trace:
            with traced() as trace:
                await asyncio.gather(*(outer_sent.asend(Sender) for _ in range(3)))
                await sync_to_async(outer_sent.send)(Sender)
            return trace

        assert asyncio.run(act()).totals.calls == 4

    def test_tasks_with_traces_of_their_own_do_not_mix(self, connect: Connect) -> None:
        connect(outer_sent, awaits_more)
        connect(inner_sent, waits)

        async def act(times: int) -> int:
            with traced() as trace:
                for _ in range(times):
                    await outer_sent.asend(Sender)
            return len(trace.calls(f"{THIS}.waits"))

        async def all_of_them() -> list[int]:
            return await asyncio.gather(*(act(times) for times in range(1, 5)))

        assert asyncio.run(all_of_them()) == [1, 2, 3, 4]

    def test_context_variables_reach_who_they_would_have_reached(self, connect: Connect) -> None:
        """What a receiver sets, its sender sees exactly if it does without a trace."""
        variable = ContextVar("variable", default=0)

        async def sets(**kwargs: Any) -> None:
            await asyncio.sleep(0)
            variable.set(1)

        connect(outer_sent, sets)

        async def act() -> int:
            variable.set(0)
            await outer_sent.asend(Sender)
            return variable.get()

        async def act_traced() -> int:
            with traced():
                return await act()

        assert asyncio.run(act_traced()) == asyncio.run(act())

    def test_says_what_asend_robust_has_swallowed(self, connect: Connect) -> None:
        connect(outer_sent, fails)
        connect(outer_sent, fails_later)
        connect(outer_sent, waits)

        async def act() -> Trace:
            with traced() as trace:
                await outer_sent.asend_robust(Sender)
            return trace

        assert unordered(asyncio.run(act())) == [
            "fails (swallowed by send_robust: ValueError: It failed.)",
            "fails_later (swallowed by send_robust: ValueError: It failed.)",
            "outer_sent  Sender",
            "waits",
        ]


class TestThreads:
    def test_another_thread_is_not_traced(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        with traced() as trace:
            thread = threading.Thread(target=outer_sent.send, args=[Sender])
            thread.start()
            thread.join()
        assert trace.rows == []

    def test_each_has_its_own(self, connect: Connect) -> None:
        connect(outer_sent, sends_more)
        connect(inner_sent, quiet)

        def act(times: int) -> int:
            with traced() as trace:
                for _ in range(times):
                    outer_sent.send(Sender)
            return trace.totals.calls

        assert run_at_once(*(lambda times=times: act(times) for times in (10, 200, 30, 400))) == [20, 400, 60, 800]

    def test_one_that_outlives_the_trace_goes_on(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        go = asyncio.Event()

        async def later() -> list[Any]:
            await go.wait()
            return await outer_sent.asend(Sender)

        async def act() -> tuple[Trace, list[Any]]:
            with traced() as trace:
                task = asyncio.create_task(later())
                await asyncio.sleep(0)
            with traced():  # somebody else's
                go.set()
                return trace, await task

        trace, responses = asyncio.run(act())
        assert trace.rows == []
        assert responses == [(quiet, "quiet")]


class TestMuting:
    def test_what_is_captured_is_listed(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        with captured(outer_sent) as sent, traced() as trace, muted(outer_sent, sender=Sender):
            outer_sent.send(Sender, value=1)
            outer_sent.send(None)
        assert [send.kwargs for send in sent] == [{"value": 1}, {}]
        assert len(trace.calls(f"{THIS}.quiet")) == 1

    def test_a_muted_receiver_is_not_shown(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        connect(outer_sent, sends_more)
        connect(outer_sent, waits)
        with traced() as trace, muted(outer_sent, receiver=quiet), muted(outer_sent, receiver=waits):
            outer_sent.send(Sender)
        assert outline(trace) == ["outer_sent  Sender", "  1 sends_more"]


class TestPatches:
    def test_without_a_trace_methods_are_the_original_functions(self) -> None:
        methods = [
            *((Signal, name) for name in ("send", "send_robust", "asend", "asend_robust", "_live_receivers")),
            (Signal, "_log_robust_failure"),
            (CursorWrapper, "_execute_with_wrappers"),
            (BaseDatabaseWrapper, "on_commit"),
            (BaseDatabaseWrapper, "run_and_clear_commit_hooks"),
            (dispatch, "delivery"),
        ]
        before = [vars(owner)[name] for owner, name in methods]
        with traced():
            assert not any(vars(owner)[name] is found for (owner, name), found in zip(methods, before, strict=True))
        assert all(vars(owner)[name] is found for (owner, name), found in zip(methods, before, strict=True))

    def test_are_taken_back_when_the_block_raises(self) -> None:
        before = vars(Signal)["send"]
        with pytest.raises(ValueError, match="x"), traced():
            raise ValueError("x")
        assert vars(Signal)["send"] is before
        assert tree.current.get() is None

    def test_are_taken_back_when_the_trace_cannot_be_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(trace: Trace) -> None:
            raise LookupError

        before = vars(Signal)["send"]
        monkeypatch.setattr(Trace, "_end", fail)
        with pytest.raises(LookupError), traced():
            pass
        assert vars(Signal)["send"] is before
        assert tree.current.get() is None

    def test_none_stays_when_another_cannot_be_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = vars(Signal)["send"]
        monkeypatch.setattr(SURROUNDINGS, "replacements", [(Signal, "no_such", lambda found: found)])
        with pytest.raises(AttributeError), traced():
            pass
        assert vars(Signal)["send"] is before

    def test_traces_within_one_another_both_see(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        with traced() as outer:
            outer_sent.send(Sender)
            with traced() as inner:
                outer_sent.send(Sender)
            outer_sent.send(Sender)
        assert inner.totals.sends == 1
        assert outline(outer) == ["outer_sent  Sender", "  1 quiet"] * 3

    def test_traces_may_end_in_another_order(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        first, second = ExitStack(), ExitStack()
        outer = first.enter_context(traced())
        inner = second.enter_context(traced())
        outer_sent.send(Sender)
        first.close()
        outer_sent.send(Sender)
        second.close()
        assert tree.current.get() is None
        assert outer.totals.sends == 1
        assert inner.totals.sends == 2

    def test_what_others_have_put_in_place_meanwhile_stays(self, connect: Connect) -> None:
        connect(outer_sent, quiet)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Signal, "send", Signal.send)  # puts Django's back
            with traced():
                ours = Signal.send

                def theirs(self: Signal, sender: Any, **named: Any) -> Any:
                    return ours(self, sender, **named)

                type.__setattr__(Signal, "send", theirs)
            assert vars(Signal)["send"] is theirs
            assert outer_sent.send(Sender) == [(quiet, "quiet")]
            with traced() as trace:
                outer_sent.send(Sender)
        assert outline(trace) == ["outer_sent  Sender", "  1 quiet"]

    def test_what_was_recorded_is_not_kept_alive(self) -> None:
        class Listener:
            def receive(self, **kwargs: Any) -> None:
                """Do nothing."""

        signal, listener = Signal(), Listener()
        gone = weakref.ref(listener)
        signal.connect(listener.receive)
        gc.collect()
        gc.disable()
        try:
            with traced() as trace:
                signal.send(listener)
            del listener
            assert gone() is None
        finally:
            gc.enable()
        assert trace.totals.calls == 1


@pytest.fixture
def only_these() -> Any:
    """Groups are saved without other apps' receivers."""
    with ExitStack() as stack:
        for signal in (pre_save, post_save):
            for receiver in signal._live_receivers(Group)[0]:
                stack.enter_context(muted(signal, receiver=receiver))
        yield


def query(**kwargs: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.executemany("SELECT %s", [[1]]) if connection.vendor == "postgresql" else cursor.execute("SELECT 2")


@pytest.mark.django_db
@pytest.mark.usefixtures("only_these")
class TestQueries:
    def test_are_counted_where_they_are_made_and_above(self, connect: Connect) -> None:
        connect(outer_sent, sends_more)
        connect(outer_sent, quiet)
        connect(inner_sent, query)
        with traced() as trace:
            outer_sent.send(Sender)
            query()
        assert [row.queries for row in trace.rows] == [2, 2, 2, 2, 0]
        assert trace.totals.queries == 4

    def test_savepoints_are_none(self) -> None:
        with traced() as trace, transaction.atomic():
            pass
        assert trace.totals.queries == 0


class TestCommits:
    pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("only_these")]

    @pytest.fixture(autouse=True)
    def in_process(self, settings: Settings) -> None:
        settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"
        connection.ensure_connection()  # of a new one others may hear

    def test_what_waited_is_shown_beneath_who_left_it(self, connect: Connect) -> None:
        def later() -> None:
            inner_sent.send(Sender)

        def leave(**kwargs: Any) -> None:
            transaction.on_commit(later)

        connect(outer_sent, leave)
        connect(inner_sent, quiet)
        connect(inner_sent, query)
        with traced() as trace, transaction.atomic():
            outer_sent.send(Sender)
            outer_sent.send(None)
        within = "TestCommits.test_what_waited_is_shown_beneath_who_left_it.<locals>"
        once = [
            f"  1 {within}.leave",
            f"    after the commit  {within}.later",
            "      inner_sent  Sender",
            "        1 quiet",
            "        2 query",
        ]
        assert outline(trace) == ["outer_sent  Sender", *once, "outer_sent", *once]
        assert [row.queries for row in trace.rows[:3]] == [0, 0, 2]

    def test_a_signal_that_is_sent_on_commit(self, connect: Connect) -> None:
        connect(ordered_sent, quiet)
        with traced() as trace, transaction.atomic():
            send_on_commit(ordered_sent, Sender)
        assert outline(trace) == [
            "ordered_sent  Sender (on commit, through core.dispatch.InProcess)",
            "  after the commit",
            "    ordered_sent  Sender",
            "      1 quiet",
        ]

    def test_of_what_is_rolled_back_it_says_so(self) -> None:
        def later() -> None:
            """Never called."""

        with traced() as trace, transaction.atomic():
            with pytest.raises(ValueError, match="no"), transaction.atomic():
                transaction.on_commit(later)
                raise ValueError("no")
            with transaction.atomic():
                send_on_commit(ordered_sent, Sender)
            transaction.set_rollback(True)
        assert [row.notes for row in trace.rows if row.kind == "waiting"] == [("never: rolled back",)] * 2

    def test_of_what_waits_when_the_trace_ends_it_says_so_and_it_is_done(self) -> None:
        done: list[int] = []
        with transaction.atomic():
            with traced() as trace:
                transaction.on_commit(lambda: done.append(1))
                send_on_commit(ordered_sent, Sender)
            assert [row.notes for row in trace.rows if row.kind == "waiting"] == [("still waiting",)] * 2
        assert done == [1]

    def test_of_what_an_earlier_failure_has_cost_it_says_so(self) -> None:
        def breaks() -> None:
            raise ValueError("broken")

        with traced() as trace, pytest.raises(ValueError, match="broken"), transaction.atomic():
            transaction.on_commit(breaks)
            transaction.on_commit(quiet)
        assert [row.notes for row in trace.rows] == [("raised ValueError: broken",), ("never: one before it failed",)]

    def test_those_who_look_for_what_waits_find_it(self) -> None:
        with traced(), transaction.atomic():
            transaction.on_commit(quiet)
            hooks: list[Any] = connection.run_on_commit
            assert [hook[1] for hook in hooks] == [quiet]

    def test_outside_of_a_transaction_nothing_waits(self, connect: Connect) -> None:
        connect(inner_sent, quiet)
        with traced() as trace:
            transaction.on_commit(sends_more)
        assert outline(trace) == ["inner_sent  Sender", "  1 quiet"]

    def test_what_is_done_after_the_trace_has_ended_is_not_recorded(self, connect: Connect) -> None:
        connect(inner_sent, quiet)
        with transaction.atomic():
            with traced() as trace:
                transaction.on_commit(sends_more)
            before = trace.rows
            with traced():
                pass
        assert trace.rows == before


@pytest.mark.django_db
def test_a_site_in_a_test_shows_what_is_sent_on_commit(
    connect: Connect, delivered: Callable[[], Any], settings: Settings
) -> None:
    settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"
    connect(ordered_sent, quiet)
    with traced() as trace, delivered():
        send_on_commit(ordered_sent, Sender)
    assert outline(trace)[1:] == ["  after the commit", "    ordered_sent  Sender", "      1 quiet"]
