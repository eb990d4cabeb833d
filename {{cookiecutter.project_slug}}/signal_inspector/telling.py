"""What was counted, in words."""

from django.utils import timezone

from signal_inspector.counting import Count, Counts


def told(counts: Counts) -> dict[str, str]:
    """What each place of the page shows, by its ``data-calls``.

    For a receiver of a signal, the names of both; for a receiver of however many signals, its name; and ``process``.
    """
    found = {f"{signal} {receiver}": in_words(count) for (signal, receiver), count in counts.by_names.items()}
    receivers: dict[str, Count] = {}
    for (_, receiver), count in counts.by_names.items():
        receivers[receiver] = receivers[receiver] + count if receiver in receivers else count
    found |= {receiver: in_short(count) for receiver, count in receivers.items()}
    since = timezone.localtime(counts.since)
    return found | {"process": f"Counted in one process, number {counts.pid}, since {since:%Y-%m-%d %H:%M:%S}."}


def in_short(count: Count) -> str:
    """How many calls, times how long each took, and how many failed."""
    failed = f", {rounded(count.failures)} failed" if count.failures else ""
    return f"{rounded(count.calls)} × {mean(count)}{failed}"


def in_words(count: Count) -> str:
    """Such as ``12 calls, 0.4 ms each, 4.8 ms in all``, and how many failed."""
    if not count.calls:
        return "0 calls"
    calls = "1 call" if count.calls == 1 else f"{count.calls:,} calls"
    failed = f", {count.failures:,} failed" if count.failures else ""
    return f"{calls}, {mean(count)} each, {duration(count.seconds)} in all{failed}"


def mean(count: Count) -> str:
    """How long a call takes."""
    return duration(count.seconds / count.calls) if count.calls else "?"


def rounded(number: int) -> str:
    """Large numbers in thousands or millions: there is room for four characters."""
    for unit, size in (("M", 10**6), ("k", 10**3)):
        if number >= 10 * size:
            return f"{number // size}{unit}"
    return str(number)


def duration(seconds: float) -> str:
    """In the unit that suits it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
