"""Relays in threads and processes share the work; one that is stopped or killed loses nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.db import connection, transaction
from django.dispatch import Signal

from core.dispatch import OrderedSignal, send_on_commit
from outbox import wakeups
from outbox.models import Event
from outbox.relay import Relay
from pages.models import Tag
from proofs.databases import database_url
from proofs.outbox import IN_A_PROCESS, Listener, events
from proofs.threads import run_at_once, run_in_processes

pytestmark = pytest.mark.django_db(transaction=True)

COUNT = 80


def send(announced: Signal, count: int) -> None:
    """Numbered from 0, without a receiver in this process: each process connects its own."""
    with transaction.atomic():
        for number in range(count):
            send_on_commit(announced, None, number=number)


def calls(file: Path) -> list[tuple[int, int]]:
    """The number and the process of each call."""
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [(int(number), int(process)) for number, process in map(str.split, lines)]


@contextmanager
def process(code: str, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs beside the test. It is killed in the end, if it is still there."""
    prepare = "import django; django.setup()\n" + IN_A_PROCESS
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
    started = subprocess.Popen(
        [sys.executable, "-c", prepare + code, *arguments],
        cwd=site.BASE_DIR,
        env=os.environ | known | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something holds; not for ever."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


class TestSharing:
    def test_four_threads_deliver_each_event_once(self, announced: Signal, connect: Callable[..., Listener]) -> None:
        def work(number: int, **kwargs: Any) -> None:
            Tag.objects.create(name=str(number), slug=str(number))  # fails the second time

        listener = connect(announced, act=work)
        send(announced, COUNT)
        relays = [Relay() for _ in range(4)]
        run_at_once(*(relay.deliver_due for relay in relays))
        assert sorted(listener.numbers) == list(range(COUNT))
        assert sum(relay.delivered for relay in relays) == COUNT
        assert sum(relay.failed for relay in relays) == 0

    def test_four_processes_deliver_each_event_once(
        self, announced: Signal, listener: Listener, tmp_path: Path
    ) -> None:
        send(announced, COUNT)
        work = """
@outside_transaction
def work(number, **kwargs):
    note(number)
    time.sleep(0.005)

connect(work)
relay = Relay()
relay.deliver_due()
print(relay.delivered, relay.failed)
"""
        printed = run_in_processes(4, IN_A_PROCESS + work, str(tmp_path / "calls"))
        done = calls(tmp_path / "calls")
        assert sorted(number for number, _ in done) == list(range(COUNT))
        assert len({process for _, process in done}) > 1
        assert sum(int(line.split()[0]) for line in printed) == COUNT
        assert {event.state for event in events()} == {"delivered"}

    def test_order_is_kept_by_all_together(self, ordered: OrderedSignal, connect: Callable[..., Listener]) -> None:
        got: dict[str, list[int]] = {key: [] for key in "abcde"}

        def work(key: str, number: int, **kwargs: Any) -> None:
            time.sleep(0.002)
            got[key].append(number)

        _listener = connect(ordered, act=work)
        with transaction.atomic():
            for number in range(20):
                for key in got:
                    send_on_commit(ordered, None, key=key, number=number)

        def relay() -> None:
            # One that finds all that is due taken by others comes back, as one that runs does.
            while Event.objects.filter(delivered_at=None).exists():
                Relay().deliver_due(limit=7)

        run_at_once(*[relay] * 4)
        assert got == {key: list(range(20)) for key in got}

    def test_order_is_kept_while_more_is_sent(self, ordered: OrderedSignal, connect: Callable[..., Listener]) -> None:
        listener = connect(ordered, act=lambda **kwargs: time.sleep(0.001))

        def sender() -> None:
            for number in range(40):
                send_on_commit(ordered, None, key="a", number=number)

        def relay() -> None:
            while Event.objects.filter(delivered_at=None).exists() or len(listener.got) < 40:
                Relay().deliver_due()

        run_at_once(sender, relay, relay)
        assert listener.numbers == list(range(40))

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="Only PostgreSQL locks rows.")
    def test_what_is_locked_is_passed_but_not_overtaken(
        self, ordered: OrderedSignal, connect: Callable[..., Listener]
    ) -> None:
        listener = connect(ordered)
        for key, number in (("a", 1), ("a", 2), ("a", 3), ("b", 4)):
            send_on_commit(ordered, None, key=key, number=number)
        locked, done = threading.Event(), threading.Event()

        def lock() -> None:
            with transaction.atomic():
                Event.objects.select_for_update().get(pk=events()[1].pk)
                locked.set()
                done.wait(10)

        def relay() -> None:
            locked.wait(10)
            Relay().deliver_due()
            done.set()

        run_at_once(lock, relay)
        assert listener.numbers == [1, 4]


SLOW = """
settings.OUTBOX = settings.OUTBOX | {"LEASE": 1}

def work(number, **kwargs):
    note(number)
    Tag.objects.create(name=str(number), slug=str(number))
    time.sleep(float(sys.argv[2]))

connect(work)
from django.core.management import call_command
call_command("relay_signals")
"""


class TestKilled:
    def test_halfway_what_it_had_is_delivered_by_another(
        self, announced: Signal, listener: Listener, tmp_path: Path
    ) -> None:
        send(announced, 3)
        file = tmp_path / "calls"
        with process(SLOW, str(file), "60") as relay:
            wait_for(lambda: calls(file))
            relay.kill()
            relay.wait()
            assert not Tag.objects.exists()
            assert listener.numbers == []
            wait_for(lambda: Relay().deliver_due() is not None and len(listener.got) == 3)
        assert sorted(listener.numbers) == [0, 1, 2]
        assert len(calls(file)) == 1
        assert [(event.state, event.tries) for event in events()] == [("delivered", number) for number in (1, 0, 0)]


class TestStopped:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_the_receiver_that_runs_finishes_and_the_rest_is_given_back(
        self, announced: Signal, listener: Listener, tmp_path: Path, number: int
    ) -> None:
        send(announced, 3)
        file = tmp_path / "calls"
        with process(SLOW, str(file), "0.8") as relay:
            wait_for(lambda: calls(file))
            relay.send_signal(number)
            output, _ = relay.communicate(timeout=10)
        assert relay.returncode == 0
        assert output.endswith("Delivered: 1. Failed, to be tried again: 0. Parked: 0.\n")
        assert Counter(event.state for event in events()) == {"delivered": 1, "waiting": 2}
        assert Relay().deliver_due() == 2
        assert Tag.objects.count() == 1

    def test_when_idle_it_ends_too(self, announced: Signal, listener: Listener, tmp_path: Path) -> None:
        send(announced, 1)
        with process(SLOW, str(tmp_path / "calls"), "0") as relay:
            wait_for(lambda: not Event.objects.filter(delivered_at=None).exists())
            relay.send_signal(signal.SIGTERM)
            relay.communicate(timeout=10)
        assert relay.returncode == 0


class TestWakingUp:
    def test_comes_from_the_database_or_by_looking_again(
        self, announced: Signal, listener: Listener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wakeups, "TOLD", 600)  # seconds, for which no relay looks that is not told
        relay = Relay()

        def sender() -> None:
            send_on_commit(announced, None, number=1)
            wait_for(lambda: listener.numbers == [1])
            send_on_commit(announced, None, number=2)
            wait_for(lambda: listener.numbers == [1, 2])
            relay.stop()
            send_on_commit(announced, None, number=3)

        run_at_once(relay.run, sender)
        assert listener.numbers == [1, 2]

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="The database is not PostgreSQL.")
    def test_a_connection_that_breaks_is_made_again(
        self, announced: Signal, listener: Listener, caplog: pytest.LogCaptureFixture
    ) -> None:
        relay = Relay()

        def sender() -> None:
            send_on_commit(announced, None, number=1)
            wait_for(lambda: len(listener.got) == 1)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            send_on_commit(announced, None, number=2)
            wait_for(lambda: len(listener.got) == 2)
            relay.stop()

        run_at_once(relay.run, sender)
        assert listener.numbers == [1, 2]
        warnings = [record for record in caplog.records if record.name == "outbox.relay"]
        assert len(warnings) <= 2  # that it is waited for, and that it is back
