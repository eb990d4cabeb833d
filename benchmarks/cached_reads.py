"""Reads through the cache beside reads of the database, and what writes pay: uv run benchmarks/cached_reads.py

On PostgreSQL and Redis also eight threads that read the newest list again and again, with and without the cache, while
another one saves pages that it shows, twelve a second. Their 95th percentile is that of those who wait.
"""

import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from sites import in_each_database, size

if TYPE_CHECKING:
    from pages.reads import PageReads

ROUNDS = size(50, 3)
REQUESTS = size(1_000, 50)
READERS, WRITES_A_SECOND = 8, 12
# Beside the writer, with and without the cache by turns, so that both find the machine equally busy.
TURNS, TURN_SECONDS = size(6, 1), size(200, 20) / 100


def typical(act: Callable[[], object]) -> float:
    """The median of many runs, in microseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def measure() -> None:
    """Print each read and write, and its ratio to the same without the app."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import override_settings
    from django.utils import timezone

    from accounts.models import User
    from pages.models import Page, Tag

    call_command("migrate", verbosity=0)
    author = User.objects.create_user("ada@example.com", name="Ada")
    tags = [Tag.objects.create(name=f"Tag {n}", slug=f"tag-{n}") for n in range(3)]
    now = timezone.now()
    for n in range(200):
        fields = {"title": f"Page {n}", "slug": f"page-{n}", "body": "Text. " * 500, "author": author}
        Page.objects.create(**fields, published_at=now - timedelta(hours=n)).tags.set(tags)

    report("local memory")
    if server := os.environ.get("TEST_CACHE_URL"):
        redis = {"BACKEND": "cache_invalidation.backends.RedisCache", "LOCATION": server, "KEY_PREFIX": uuid4().hex}
        with override_settings(CACHES={"default": settings.CACHES["default"] | redis | {"OPTIONS": {}}}):
            report("Redis")
            if connection.vendor == "postgresql":
                report_beside_writes()
    else:
        print("  Redis: TEST_CACHE_URL is not set.")


def report(cache: str) -> None:
    """Print the lines of one cache."""
    from django.db.models.signals import post_save, pre_save

    from cache_invalidation import generations, page_reads, signals
    from cache_invalidation.page_reads import CachedPageReads
    from pages.models import Page
    from pages.reads import PageReads
    from testing.signals import muted

    bare, cached = PageReads(), CachedPageReads()
    for name, read in (
        ("a page", lambda reads: reads.page("page-7")),
        ("a list", lambda reads: reads.newest(1)),
        ("a tag's list", lambda reads: reads.tagged("tag-1", 1)),
    ):
        database = typical(lambda read=read: read(bare))
        read(cached)
        hit = typical(lambda read=read: read(cached))
        print(f"  {cache:12}  {name:12}  database {database:5.0f} us  hit {hit:5.0f} us  {hit / database:4.2f} x")

    page = Page.objects.get(slug="page-7")
    ours = typical(page.save)
    generations.keep_warm(page_reads.read_home, depends_on=[page_reads.LISTS])
    warm = typical(page.save)
    generations._kept_warm.clear()
    with muted(pre_save, signals.end_old_page), muted(post_save, signals.end_new_page):
        without = typical(page.save)
    print(f"  {cache:12}  a save        without  {without:5.0f} us  ours {ours:5.0f} us  {ours / without:4.2f} x")
    print(f"  {cache:12}  and the home page is kept warm            {warm:5.0f} us  {warm / without:4.2f} x")
    print(f"  {cache:12}  hits, of reads while 1 of 20 requests writes: {hit_ratio():4.2f}")


def hit_ratio() -> float:
    """How many reads of many requests for 200 pages and the lists, a few of them popular, are hits."""
    from cache_invalidation.page_reads import CachedPageReads
    from cache_invalidation.reads import outcomes
    from pages.models import Page

    choose = random.Random(1)
    noted: list[str] = []
    outcomes.set(noted)
    reads = CachedPageReads()
    for _ in range(REQUESTS):
        number = min(int(choose.paretovariate(0.8)) - 1, 199)
        match choose.randrange(20):
            case 0:
                Page.objects.get(slug=f"page-{number}").save()
            case 1 | 2 | 3 | 4:
                reads.newest(1)
            case _:
                reads.page(f"page-{number}")
    outcomes.set(None)
    return noted.count("hit") / len(noted)


def report_beside_writes() -> None:
    """Print what eight readers of a list wait for it while pages are saved."""
    from cache_invalidation.page_reads import CachedPageReads
    from pages.reads import PageReads

    bare: list[float] = []
    cached: list[float] = []
    for _ in range(TURNS):
        bare += beside_writes(PageReads())
        cached += beside_writes(CachedPageReads())
    for name, part in (("median", 50), ("95th percentile", 95)):
        without, ours = (statistics.quantiles(times, n=100)[part - 1] * 1e3 for times in (bare, cached))
        what = f"  {READERS} readers beside {WRITES_A_SECOND} writes a second, {name}"
        print(f"{what:59}  database {without:6.1f} ms  cached {ours:6.1f} ms  {ours / without:4.2f} x")


def beside_writes(reads: "PageReads") -> list[float]:
    """How many seconds each read of the newest list took, of eight threads that do nothing else."""
    from pages.models import Page
    from proofs.threads import run_at_once

    stop = Event()

    def read() -> list[float]:
        times = []
        while not stop.is_set():
            start = time.perf_counter()
            reads.newest(1)
            times.append(time.perf_counter() - start)
        return times

    def write() -> list[float]:
        started = due = time.perf_counter()
        try:
            while due < started + TURN_SECONDS:
                Page.objects.get(slug="page-7").save()
                due = max(due + 1 / WRITES_A_SECOND, time.perf_counter())
                time.sleep(max(due - time.perf_counter(), 0))
        finally:
            stop.set()
        return []

    return [seconds for times in run_at_once(*[read] * READERS, write) for seconds in times]


if __name__ == "__main__":
    measure() if "IN_SITE" in os.environ else in_each_database(__file__)
