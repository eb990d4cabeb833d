"""Stores what was counted. Any number of processes add to the same rows, and none loses what another has added."""

from datetime import UTC, datetime, timedelta

from django.db import connections, router, transaction

from request_metrics.buffer import SLOWEST, Batch
from request_metrics.models import EVER, RequestCount, SlowRequest

# PostgreSQL and SQLite read these alike. The database adds, under its lock on the row.
ADD_COUNT = """
    INSERT INTO request_metrics_requestcount (hour, route, status, up_to, count, seconds, slowest)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (hour, route, status, up_to) DO UPDATE SET
        count = request_metrics_requestcount.count + excluded.count,
        seconds = request_metrics_requestcount.seconds + excluded.seconds,
        slowest = CASE WHEN excluded.slowest > request_metrics_requestcount.slowest
            THEN excluded.slowest ELSE request_metrics_requestcount.slowest END
"""
ADD_FAILURE = """
    INSERT INTO request_metrics_failure (type, place, route, count, first_at, last_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (type, place, route) DO UPDATE SET
        count = request_metrics_failure.count + excluded.count,
        first_at = CASE WHEN excluded.first_at < request_metrics_failure.first_at
            THEN excluded.first_at ELSE request_metrics_failure.first_at END,
        last_at = CASE WHEN excluded.last_at > request_metrics_failure.last_at
            THEN excluded.last_at ELSE request_metrics_failure.last_at END
"""


def store(batch: Batch) -> None:
    """Add a batch to what is stored, in one transaction: all of it, or an error and nothing.

    Rows are written in the order of their keys, so that no two processes wait for each other.
    """
    using = router.db_for_write(RequestCount)
    adapt = connections[using].ops.adapt_datetimefield_value
    ever: dict[tuple[str, int, int], tuple[int, float, float]] = {}
    counts = []
    for (hour, route, status, up_to), sums in sorted(batch.counts.items(), key=lambda item: item[0]):
        counts.append((adapt(time(hour * 3600)), route, status, up_to, sums.count, sums.seconds, sums.slowest))
        count, seconds, slowest = ever.get((route, status, up_to), (0, 0.0, 0.0))
        ever[route, status, up_to] = count + sums.count, seconds + sums.seconds, max(slowest, sums.slowest)
    counts += [(adapt(EVER), *key, *sums) for key, sums in sorted(ever.items())]
    failures = [
        (*key, seen.count, adapt(time(seen.first)), adapt(time(seen.last)))
        for key, seen in sorted(batch.failures.items(), key=lambda item: item[0])
    ]
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        if counts:
            cursor.executemany(ADD_COUNT, counts)
        if failures:
            cursor.executemany(ADD_FAILURE, failures)
        if batch.slow:
            store_slow(batch, using)


def store_slow(batch: Batch, using: str) -> None:
    """Add the slow requests; of each hour keep those that are the slowest now."""
    requests = SlowRequest.objects.using(using)
    requests.bulk_create(
        SlowRequest(time=time(ended.time), route=ended.route, status=ended.status, seconds=ended.seconds)
        for ended in batch.slow
    )
    for hour in sorted({ended.time // 3600 for ended in batch.slow}):
        begin = time(hour * 3600)
        of_hour = requests.filter(time__gte=begin, time__lt=begin + timedelta(hours=1))
        if surplus := list(of_hour.order_by("-seconds", "pk").values_list("pk", flat=True)[SLOWEST:]):
            requests.filter(pk__in=surplus).delete()


def time(timestamp: float) -> datetime:
    """The time that is so many seconds after 1970 began."""
    return datetime.fromtimestamp(timestamp, UTC)
