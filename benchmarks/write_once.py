"""What fields that are written once cost, and what limits for each connection do: uv run benchmarks/write_once.py

Loading 1,000 pages, loading one, changing one, and loading 1,000 tags, which have no such field: as ratios to the same
site without the receivers, in the same run. And how long it takes to connect.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sites import in_each_database, size

ROUNDS = size(41, 2)
MANY = size(1000, 50)
FEW = 20


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@contextmanager
def without(*signals: Any) -> Iterator[None]:
    """Without the app's receivers of these signals."""
    before = {signal: signal.receivers for signal in signals}
    for signal in signals:
        signal.receivers = [each for each in signal.receivers if "'lifecycle.signals." not in str(each)]
        signal.sender_receivers_cache.clear()
    yield
    for signal, receivers in before.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


def main() -> None:
    """Run in a site."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.db.backends.signals import connection_created
    from django.db.models.signals import post_init, post_save, pre_save

    from pages.models import Page, Tag

    call_command("migrate", verbosity=0)
    Page.objects.all().delete()
    Tag.objects.all().delete()
    Page.objects.bulk_create(Page(title=f"{n}", slug=f"{n}", body="x" * 1000) for n in range(MANY))
    Tag.objects.bulk_create(Tag(name=f"{n}", slug=f"{n}") for n in range(MANY))
    few = list(Page.objects.all()[:FEW])

    def save() -> None:
        for page in few:
            page.save(update_fields=["title", "created_at"])

    def load_one() -> None:
        for page in few:
            Page.objects.get(pk=page.pk)

    def connect() -> None:
        connection.close()
        connection.ensure_connection()

    def connect_often() -> None:
        for _ in range(10):
            connect()

    def forgetful() -> None:
        """Save as it would be if nothing were remembered: each save asks for the row."""
        for page in few:
            vars(page._state).pop("write_once", None)
        save()

    model_signals = [post_init, pre_save, post_save]
    cases: dict[str, tuple[Callable[[], object], list[Any], int]] = {
        f"load {MANY} pages": (lambda: list(Page.objects.all()), model_signals, MANY),
        f"load {MANY} pages as a list shows them": (lambda: list(Page.objects.all().for_list()), model_signals, MANY),
        f"load {MANY} tags": (lambda: list(Tag.objects.all()), model_signals, MANY),
        "make a page, unsaved": (lambda: [Page(title="x") for _ in range(MANY)], model_signals, MANY),
        "load a page": (load_one, model_signals, FEW),
        "save a page": (save, model_signals, FEW),
        "save a page, nothing remembered": (forgetful, model_signals, FEW),
        "connect": (connect_often, [connection_created], 10),
    }
    for name, (act, signals, count) in cases.items():
        with_ours, bare = [], []
        for _ in range(ROUNDS):  # in turns, so that both see the same machine
            with_ours.append(seconds(act) / count * 1e6)
            with without(*signals):
                bare.append(seconds(act) / count * 1e6)
        pairs = list(zip(with_ours, bare, strict=True))
        ratio = statistics.median(ours / other for ours, other in pairs)
        more = statistics.median(ours - other for ours, other in pairs)
        print(f"  {name:40} {ratio:5.2f}x  {more:+8.2f} µs to {statistics.median(bare):8.2f}", flush=True)


if __name__ == "__main__":
    if "IN_SITE" in os.environ:
        main()
    else:
        in_each_database(__file__)
