"""What the outbox costs, and how fast it is: uv run benchmarks/deliver_signals.py

What an event costs whoever sends it, as a ratio to the same transaction without it. How many events one, two and four
relays, each a process, deliver in a second: to a receiver that does nothing, and to one that writes a row. And how long
it is from the commit to the receiver where there is little to do.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sites import in_each_database, size

ROUNDS = size(500, 20)
EVENTS = size(1000, 100)
DELAYS = size(200, 10)
RELAYS = (1, 2, 4)[: size(3, 1)]
PAUSE = 0.02  # seconds, between events whose delay is measured

# A relay that says when it is ready, waits for a line, and ends when its input does.
RELAY = """
import sys
from threading import Thread
sys.path.insert(0, sys.argv[1])
import deliver_signals
deliver_signals.signals()
from outbox.relay import Relay
relay = Relay()
print("ready", flush=True)
sys.stdin.readline()
Thread(target=lambda: (sys.stdin.read(), relay.stop()), daemon=True).start()
relay.run()
"""


def signals() -> Any:
    """Declare signals where they are found, and connect receivers: the same in each process."""
    import django

    django.setup()
    from django.dispatch import Signal

    from pages import signals

    for name, receiver in {"nothing": do_nothing, "row": write_row, "time": write_time}.items():
        signal = Signal()
        setattr(signals, name, signal)
        signal.connect(receiver, dispatch_uid=f"deliver_signals.{receiver.__name__}")
    return signals


def do_nothing(**kwargs: Any) -> None:
    """A receiver."""


def write_row(number: int, **kwargs: Any) -> None:
    """A receiver that writes to the database."""
    from pages.models import Tag

    Tag.objects.bulk_create([Tag(name=f"row {number}", slug=f"row-{number}")])


def write_time(number: int, **kwargs: Any) -> None:
    """A receiver that notes when it was called."""
    with Path(os.environ["TIMES"]).open("a") as file:
        file.write(f"{number} {time.time()}\n")


@contextmanager
def relays(count: int) -> Iterator[Callable[[], None]]:
    """So many relays, which begin when they are told to."""
    command = [sys.executable, "-c", RELAY, str(Path(__file__).parent)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for relay in running:
        assert relay.stdout
        relay.stdout.readline()

    def begin() -> None:
        for relay in running:
            assert relay.stdin
            relay.stdin.write("go\n")
            relay.stdin.flush()

    yield begin
    for relay in running:
        relay.communicate()


def throughput(signal: Any, count: int) -> float:
    """Events in a second."""
    from django.db import transaction

    from core.dispatch import send_on_commit
    from outbox.models import Event
    from pages.models import Tag

    Event.objects.all().delete()
    Tag.objects.all().delete()
    with transaction.atomic():
        for number in range(EVENTS):
            send_on_commit(signal, None, number=number)
    with relays(count) as begin:
        begin()
        start = time.perf_counter()
        while Event.objects.filter(delivered_at=None).exists():
            time.sleep(0.02)
        return EVENTS / (time.perf_counter() - start)


def delays(signal: Any, count: int) -> list[float]:
    """From the commit to the receiver, in milliseconds."""
    from core.dispatch import send_on_commit

    file, sent = Path(os.environ["TIMES"]), {}
    file.write_text("")
    with relays(count) as begin:
        begin()
        time.sleep(1)
        for number in range(DELAYS):
            send_on_commit(signal, None, number=number)
            sent[number] = time.time()
            time.sleep(PAUSE)
        while len(lines := file.read_text().splitlines()) < DELAYS:
            time.sleep(0.1)
    return sorted((float(called) - sent[int(number)]) * 1000 for number, called in map(str.split, lines))


def cost(signal: Any) -> float:
    """A transaction that writes a tag and sends, as a ratio to one that only writes."""
    from django.db import transaction

    from core.dispatch import send_on_commit
    from outbox.models import Event
    from pages.models import Tag

    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for sends in times:  # in turns, so that both see the same machine
            start = time.perf_counter()
            with transaction.atomic():
                write_row(2 * number + sends)
                if sends:
                    send_on_commit(signal, None, number=number)
            times[sends].append(time.perf_counter() - start)
    Event.objects.all().delete()
    Tag.objects.all().delete()
    return statistics.median(times[True]) / statistics.median(times[False])


def main() -> None:
    """Run in a site."""
    found = signals()
    from django.conf import settings
    from django.core.management import call_command

    settings.DEBUG = False  # which would keep all queries
    call_command("migrate", verbosity=0)
    print(f"  a transaction that sends: {cost(found.nothing):.2f}x one that does not", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        os.environ["TIMES"] = str(Path(directory, "times"))
        for count in RELAYS:
            does_nothing, writes = throughput(found.nothing, count), throughput(found.row, count)
            waits = delays(found.time, count)
            print(
                f"  relays: {count}; events/s: {does_nothing:5.0f}, writing a row {writes:5.0f}; "
                f"delay: {statistics.median(waits):.1f} ms, 95 % within {waits[int(0.95 * DELAYS)]:.1f} ms",
                flush=True,
            )


if __name__ == "__main__":
    if "IN_SITE" in os.environ:
        main()
    else:
        in_each_database(__file__, "signal_delivery=outbox")
