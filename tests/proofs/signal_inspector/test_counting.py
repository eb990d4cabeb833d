"""Calls are counted exactly, in threads and with failures, and counting keeps nothing alive."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.dispatch import Signal

from proofs.threads import run_at_once, run_in_processes
from signal_inspector import counting
from signal_inspector.counting import Count
from signal_inspector.trace import traced

pytestmark = pytest.mark.usefixtures("bare")

Connect = Callable[..., Any]

thing_sent = Signal()


class Sender:
    """Something that sends."""


def quiet(**kwargs: Any) -> None:
    """Do nothing."""


def fails(**kwargs: Any) -> None:
    raise ValueError("no")


async def waits(**kwargs: Any) -> None:
    await asyncio.sleep(0.001)


async def fails_later(**kwargs: Any) -> None:
    await asyncio.sleep(0.001)
    raise ValueError("no")


def count_of(receiver: str) -> Count:
    """What is known of a receiver of the signal."""
    counts = counting.counts()
    assert counts is not None
    return counts.by_names[f"{__name__}.thing_sent", f"{__name__}.{receiver}"]


@pytest.fixture
def counted(bare: None) -> Iterator[None]:
    """Calls are counted."""
    counting.start()
    yield
    counting.stop()


@pytest.mark.usefixtures("counted")
class TestCounted:
    def test_calls_their_time_and_failures(self, connect: Connect) -> None:
        connect(thing_sent, quiet)
        connect(thing_sent, fails)
        connect(thing_sent, waits)
        for _ in range(3):
            responses = thing_sent.send_robust(Sender)
        with pytest.raises(ValueError, match="no"):
            thing_sent.send(Sender)
        assert [receiver for receiver, _ in responses] == [quiet, fails, waits]
        assert (count_of("quiet").calls, count_of("quiet").failures) == (4, 0)
        assert (count_of("fails").calls, count_of("fails").failures) == (4, 4)
        assert count_of("waits").calls == 3
        assert count_of("waits").seconds > 0.003

    def test_the_same_where_a_trace_goes_on(self, connect: Connect) -> None:
        connect(thing_sent, quiet)
        connect(thing_sent, fails)
        connect(thing_sent, fails_later)
        with traced() as trace:
            thing_sent.send_robust(Sender)
            with pytest.raises(ValueError, match="no"):
                thing_sent.send(Sender)
        assert trace.totals.calls == 5
        assert (count_of("quiet").calls, count_of("quiet").failures) == (2, 0)
        assert (count_of("fails").calls, count_of("fails").failures) == (2, 2)
        assert (count_of("fails_later").calls, count_of("fails_later").failures) == (1, 1)

    def test_asynchronous_sends(self, connect: Connect) -> None:
        connect(thing_sent, quiet)
        connect(thing_sent, fails)
        connect(thing_sent, fails_later)
        asyncio.run(thing_sent.asend_robust(Sender))
        assert (count_of("quiet").calls, count_of("quiet").failures) == (1, 0)
        assert (count_of("fails").calls, count_of("fails").failures) == (1, 1)
        assert (count_of("fails_later").calls, count_of("fails_later").failures) == (1, 1)

    def test_threads_at_once_lose_nothing(self, connect: Connect) -> None:
        connect(thing_sent, quiet)

        def act() -> None:
            for _ in range(2_000):
                thing_sent.send(Sender)

        run_at_once(act, act, act, act)
        assert count_of("quiet").calls == 8_000

    def test_a_method_is_counted_for_its_class(self, connect: Connect) -> None:
        class Listener:
            def receive(self, **kwargs: Any) -> None:
                """Do nothing."""

        first, second = Listener(), Listener()
        connect(thing_sent, first.receive)
        connect(thing_sent, second.receive)
        thing_sent.send(Sender)
        assert count_of("TestCounted.test_a_method_is_counted_for_its_class.<locals>.Listener.receive").calls == 2

    def test_receivers_are_not_kept_alive(self) -> None:
        class Listener:
            def __call__(self, **kwargs: Any) -> None:
                """Do nothing."""

        listener = Listener()
        gone = weakref.ref(listener)
        thing_sent.connect(listener)
        thing_sent.send(Sender)
        del listener
        gc.collect()
        assert gone() is None

    def test_there_are_places_for_so_many(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(counting, "MOST", 1)
        connect(thing_sent, quiet)
        connect(thing_sent, fails)
        thing_sent.send_robust(Sender)
        counts = counting.counts()
        assert counts is not None
        assert len(counts.by_names) == 1
        assert (counts.others.calls, counts.others.failures) == (1, 1)

    def test_asking_for_receivers_is_no_call(self, connect: Connect) -> None:
        connect(thing_sent, quiet)
        assert thing_sent.has_listeners(Sender)
        assert thing_sent._live_receivers(Sender) == ([quiet], [])
        thing_sent.send(Sender)
        assert count_of("quiet").calls == 1


def test_a_process_counts_from_its_start_if_the_environment_says_so() -> None:
    code = """
from django.core.signals import request_finished
from signal_inspector.counting import counts

def receive(**kwargs): pass

request_finished.connect(receive)
request_finished.send(None)
found = counts()
import os
print(found.pid == os.getpid(), found.by_names["django.core.signals.request_finished", "__main__.receive"].calls)
"""
    assert run_in_processes(1, code, SIGNAL_TRACE="true") == ["True 1\n"]


def test_nothing_is_counted_unless_asked() -> None:
    assert counting.counts() is None
