"""What tracing and counting signals costs: uv run benchmarks/trace_signals.py

Sending a signal to 0, 1 and 20 receivers that do nothing: by Django alone (the functions of its class, kept before any
trace, put into another class), after a trace has ended, counted, and traced. Samples alternate, and their medians are
compared, of processor time. "Again" is Django alone once more: how far apart two seem that are equal.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sites import TEMPLATE, python, size

ROUNDS = size(400, 8)
# About so many microseconds of Django alone each sample takes.
SAMPLE = size(2_000, 100)
RECEIVERS = (0, 1, 20)


class Sender:
    """Something that sends."""


def receivers(number: int) -> list[Callable[..., None]]:
    """New ones, which do nothing."""

    def receiver() -> Callable[..., None]:
        def receive(signal: Any, sender: Any, **kwargs: Any) -> None:
            pass

        return receive

    return [receiver() for _ in range(number)]


def seconds(send: Callable[..., object], repeat: int) -> float:
    """How long one send takes."""
    start = time.thread_time()
    for _ in range(repeat):
        send(Sender, instance=None, created=True)
    return (time.thread_time() - start) / repeat


def compare(number: int, bare: type) -> None:
    """Print the lines of so many receivers."""
    from django.dispatch import Signal

    from signal_inspector import counting
    from signal_inspector.trace import traced

    alone, again, ours = bare(), bare(), Signal()
    kept = receivers(number)
    for signal in (alone, again, ours):
        for receiver in kept:
            signal.connect(receiver)
    repeat = int(SAMPLE / (0.5 + 0.6 * number))
    found: dict[str, list[float]] = {what: [] for what in ("alone", "again", "off", "counted", "traced")}
    for index in range(ROUNDS):
        samples = [("alone", alone), ("again", again), ("off", ours)]
        for what, signal in samples if index % 2 else reversed(samples):
            found[what].append(seconds(signal.send, repeat))
        if index % 4 == 0:
            counting.start()
            found["counted"].append(seconds(ours.send, repeat))
            counting.stop()
            with traced():
                found["traced"].append(seconds(ours.send, repeat))
    medians = {what: statistics.median(times) * 1e6 for what, times in found.items()}
    for what, median in medians.items():
        line = f"  {number:2} receivers  {what:8}{median:8.2f} µs {median / medians['alone']:8.3f}x"
        if what in ("counted", "traced"):
            line += f"  {median - medians['off']:+6.2f} µs"
            if number > 1:
                line += f", {(median - medians['off']) / number:.2f} a receiver"
        print(line, flush=True)


def main() -> None:
    """Run in a site."""
    from django.dispatch import Signal

    # Before the site is set up: what Django defines, in a class of which nobody ever replaces a method.
    bare = type("Bare", (), {name: found for name, found in vars(Signal).items() if callable(found)})
    import django

    django.setup()
    from signal_inspector.trace import traced

    with traced():
        """Methods are replaced, and put back."""
    for number in RECEIVERS:
        compare(number, bare)


if __name__ == "__main__":
    if "IN_SITE" in sys.argv:
        main()
    else:
        with tempfile.TemporaryDirectory() as directory:
            command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE), "--no-input", "--output-dir", directory]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            python(Path(directory, "my-site"), __file__, "IN_SITE", *sys.argv[1:])
