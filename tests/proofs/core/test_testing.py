"""``muted`` and ``captured`` affect the thread or task that asked, and no other."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db.models.signals import ModelSignal
from django.dispatch import Signal

from accounts.models import User
from testing.signals import Send, captured, muted

plain = Signal()
caching = Signal(use_caching=True)


class Sender:
    """Something that sends."""


class OtherSender:
    """Something else that sends."""


calls: list[str] = []


def first(**kwargs: Any) -> None:
    calls.append("first")


def second(**kwargs: Any) -> None:
    calls.append("second")


async def third(**kwargs: Any) -> None:
    calls.append("third")


@pytest.fixture(params=[plain, caching], ids=["plain", "caching"])
def signal(request: pytest.FixtureRequest) -> Iterator[Signal]:
    signal: Signal = request.param
    signal.connect(first)
    signal.connect(second)
    before = list(signal.receivers)
    yield signal
    # However a test went, the signal is as it was.
    assert signal.receivers == before
    assert "_live_receivers" not in vars(signal)
    signal.disconnect(first)
    signal.disconnect(second)


def heard(signal: Signal, sender: object = Sender) -> list[str]:
    """The receivers that a sending reaches."""
    calls.clear()
    signal.send(sender)
    return calls[:]


class TestMuted:
    def test_leaves_out_one_receiver_for_one_sender(self, signal: Signal) -> None:
        with muted(signal, receiver=first, sender=Sender):
            assert heard(signal, Sender) == ["second"]
            assert heard(signal, OtherSender) == ["first", "second"]

    def test_nests(self, signal: Signal) -> None:
        with muted(signal, receiver=first):
            with muted(signal, receiver=second), muted(signal, receiver=first):
                assert heard(signal) == []
            assert heard(signal) == ["second"]

    def test_may_end_in_another_order(self, signal: Signal) -> None:
        one, two = muted(signal, receiver=first), muted(signal, receiver=second)
        one.__enter__()
        two.__enter__()
        one.__exit__(None, None, None)
        assert heard(signal) == ["first"]
        two.__exit__(None, None, None)
        assert heard(signal) == ["first", "second"]

    def test_keeps_what_is_connected_and_disconnected_meanwhile(self, signal: Signal) -> None:
        def late(**kwargs: Any) -> None:
            calls.append("late")

        with muted(signal, receiver=first):
            signal.connect(late)
            assert heard(signal) == ["second", "late"]
        assert heard(signal) == ["first", "second", "late"]
        signal.disconnect(late)

    def test_covers_every_way_of_sending(self, signal: Signal) -> None:
        signal.connect(third)
        calls.clear()
        with muted(signal):
            signal.send(Sender)
            signal.send_robust(Sender)
            asyncio.run(signal.asend(Sender))
            asyncio.run(signal.asend_robust(Sender))
        signal.disconnect(third)
        assert calls == []

    def test_takes_the_name_of_a_model(self) -> None:
        saved = ModelSignal()
        saved.connect(first, sender="accounts.User")
        with muted(saved, sender="accounts.User"):
            assert heard(saved, User) == []
        assert heard(saved, User) == ["first"]

    def test_leaves_out_one_sender(self, signal: Signal) -> None:
        with muted(signal, sender=Sender):
            assert heard(signal, Sender) == []
            assert heard(signal, OtherSender) == ["first", "second"]

    def test_leaves_other_signals_alone(self, signal: Signal) -> None:
        with muted(Signal()):
            assert heard(signal) == ["first", "second"]

    def test_is_undone_by_an_exception(self, signal: Signal) -> None:
        with pytest.raises(RuntimeError), muted(signal):
            raise RuntimeError
        assert heard(signal) == ["first", "second"]


class TestWhoFeelsIt:
    def test_not_another_thread(self, signal: Signal) -> None:
        with muted(signal), captured(signal) as sent:
            assert in_thread(lambda: heard(signal)) == ["first", "second"]
        assert sent == []

    def test_not_a_thread_that_mutes_something_else_at_the_same_time(self, signal: Signal) -> None:
        entered, leave = threading.Event(), threading.Event()

        def mute_second() -> None:
            with muted(signal, receiver=second):
                entered.set()
                leave.wait(5)

        thread = threading.Thread(target=mute_second)
        thread.start()
        assert entered.wait(5)
        with muted(signal, receiver=first):
            assert heard(signal) == ["second"]
        assert heard(signal) == ["first", "second"]
        leave.set()
        thread.join(5)

    def test_many_threads_each_their_own(self, signal: Signal) -> None:
        wrong: list[str] = []
        start = threading.Barrier(8)

        def work(sender: object) -> None:
            start.wait(5)
            for _ in range(200):
                with muted(signal, sender=sender), captured(signal) as sent:
                    if signal.send(sender)[:-1] or len(signal.send(OtherSender)) != 3 or len(sent) != 2:
                        wrong.append("felt by another thread")

        threads = [threading.Thread(target=work, args=[type(f"Sender{n}", (), {})]) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert wrong == []

    def test_not_another_task(self, signal: Signal) -> None:
        async def main() -> None:
            muting, sent_by_other = asyncio.Event(), asyncio.Event()

            async def mute() -> None:
                with muted(signal), captured(signal) as sent:
                    muting.set()
                    await sent_by_other.wait()
                    assert sent == []

            async def send() -> None:
                await muting.wait()
                await signal.asend(Sender)
                sent_by_other.set()

            async with asyncio.TaskGroup() as group:
                group.create_task(mute())
                group.create_task(send())

        calls.clear()
        asyncio.run(main())
        assert calls == ["first", "second"]

    def test_what_it_awaits(self, signal: Signal) -> None:
        async def main() -> list[Send]:
            with muted(signal), captured(signal) as sent:
                await sync_to_async(signal.send)(Sender)
                await signal.asend(OtherSender)
            return sent

        calls.clear()
        assert [send.sender for send in asyncio.run(main())] == [Sender, OtherSender]
        assert calls == []

    def test_not_a_task_that_outlives_the_block(self, signal: Signal) -> None:
        async def main() -> None:
            ended = asyncio.Event()

            async def late() -> None:
                await ended.wait()
                with muted(Signal()):
                    await signal.asend(Sender)

            with muted(signal):
                task = asyncio.create_task(late())
                await asyncio.sleep(0)
            ended.set()
            # Somebody else mutes the signal just now, so that it is still being watched.
            with muted(signal, receiver=second):
                await task

        calls.clear()
        asyncio.run(main())
        assert calls == ["first", "second"]


class TestWrappers:
    """An APM returns functions of its own instead of the receivers, which need not say what they wrap."""

    def test_are_muted_for_what_they_wrap(self, signal: Signal, wrapping: None) -> None:
        signal.connect(third)
        with muted(signal, receiver=first):
            assert heard(signal) == ["second", "third"]
        with muted(signal, receiver=third):
            assert heard(signal) == ["first", "second"]
        signal.disconnect(third)

    def test_hide_nothing_from_captures(self, signal: Signal, wrapping: None) -> None:
        with muted(signal), captured(signal) as sent:
            assert in_thread(lambda: heard(signal)) == ["first", "second"]
            assert heard(signal) == []
        assert len(sent) == 1


class TestCaptured:
    def test_lists_what_is_muted(self, signal: Signal) -> None:
        with muted(signal), captured(signal) as sent:
            assert heard(signal) == []
        assert len(sent) == 1

    def test_hears_a_signal_without_receivers(self) -> None:
        lonely = Signal()
        with captured(lonely) as sent:
            lonely.send(Sender)
        assert len(sent) == 1
        assert lonely.receivers == []

    def test_nests(self, signal: Signal) -> None:
        with captured(signal) as outer:
            signal.send(Sender)
            with captured(signal) as inner:
                signal.send(OtherSender)
        assert [send.sender for send in outer] == [Sender, OtherSender]
        assert [send.sender for send in inner] == [OtherSender]

    def test_is_undone_by_an_exception(self, signal: Signal) -> None:
        with ExitStack() as stack:
            stack.enter_context(pytest.raises(RuntimeError))
            sent = stack.enter_context(captured(signal))
            raise RuntimeError
        signal.send(Sender)
        assert sent == []

    def test_costs_other_threads_no_fast_delete(self) -> None:
        quiet = Signal()
        with captured(quiet):
            assert quiet.has_listeners(Sender)
            assert not in_thread(lambda: quiet.has_listeners(Sender))

    def test_lists_one_sender(self, signal: Signal) -> None:
        with captured(signal, sender=Sender) as sent:
            signal.send(Sender)
            signal.send(OtherSender)
        assert [send.sender for send in sent] == [Sender]

    def test_leaves_receivers_alone(self, signal: Signal) -> None:
        with captured(signal):
            assert heard(signal) == ["first", "second"]


def in_thread(function: Callable[[], Any]) -> Any:
    """What ``function`` returns in a thread of its own."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join(5)
    return results[0]
