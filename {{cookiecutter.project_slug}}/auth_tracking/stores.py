"""Where the lockout's attempts are counted: in the database, in Redis, or in the memory of this process.

All count the same way, and exactly: however many attempts come at the same instant, no limit is passed.
"""

import re
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, ClassVar, NamedTuple, Protocol
from uuid import uuid4

from django.core.cache import caches
from django.db import connections, router, transaction

from auth_tracking.models import LoginAttempt
from core.transactions import savepoint

# What has a limit: a name from an address, a name, an address.
LIMITED = ("name_and_ip", "name", "ip")
Limits = Mapping[str, int]


class Store(Protocol):
    """What a store does. Names and addresses are keys; times are seconds since 1970, windows seconds."""

    def take(self, name: str, ip: str, *, now: float, window: float, limits: Limits) -> float | None:
        """Count an attempt and return None; or count nothing and return until when it has to wait.

        It has to wait while as many as a limit allows lie in the window that ends now. Without an address ("") only
        those of the same name count.
        """

    def clear(self, name: str, ip: str) -> None:
        """Forget the attempts of a name from an address."""

    def lift(self, *, since: float, name: str | None = None, ip: str | None = None) -> int:
        """Forget the attempts of a name, or those from an address, or all; return how many counted ``since`` then."""


class DatabaseStore:
    """Counts in the table of ``LoginAttempt``: for as many processes and machines as share the database.

    A transaction that is rolled back takes its attempts back. With ``ATOMIC_REQUESTS``, where an error in a view rolls
    back what was tried before, count in Redis.
    """

    # For each limit, the attempt that would have to be out of the window: the newest but (limit - 1). Those that are
    # still in it say until when to wait. PostgreSQL and SQLite read it alike.
    REFUSED_UNTIL = """
        SELECT MAX(time) + %(window)s AS refused_until
        FROM (
            SELECT * FROM (
                SELECT time FROM auth_tracking_loginattempt
                WHERE name_key = %(name)s AND ip_key = %(ip)s
                ORDER BY name_number DESC LIMIT 1 OFFSET %(name_and_ip_limit)s - 1
            ) AS by_name_and_ip
            UNION ALL
            SELECT * FROM (
                SELECT time FROM auth_tracking_loginattempt
                WHERE name_key = %(name)s
                ORDER BY name_number DESC LIMIT 1 OFFSET %(name_limit)s - 1
            ) AS by_name
            UNION ALL
            SELECT * FROM (
                SELECT time FROM auth_tracking_loginattempt
                WHERE ip_key = %(ip)s AND ip_number > 0
                ORDER BY ip_number DESC LIMIT 1 OFFSET %(ip_limit)s - 1
            ) AS by_ip
        ) AS full_limits
        WHERE time > %(now)s - %(window)s
    """
    # The one statement that counts.
    TAKE = f"""
        INSERT INTO auth_tracking_loginattempt (name_key, ip_key, time, name_number, ip_number)
        SELECT %(name)s, %(ip)s, %(now)s,
            (SELECT COALESCE(MAX(name_number), 0) + 1 FROM auth_tracking_loginattempt WHERE name_key = %(name)s),
            CASE WHEN %(ip)s <> '' THEN
                (SELECT COALESCE(MAX(ip_number), 0) + 1 FROM auth_tracking_loginattempt WHERE ip_key = %(ip)s)
            END
        FROM ({REFUSED_UNTIL}) AS verdict
        WHERE verdict.refused_until IS NULL
        ON CONFLICT DO NOTHING
    """

    def take(self, name: str, ip: str, *, now: float, window: float, limits: Limits) -> float | None:
        using = router.db_for_write(LoginAttempt)
        values: dict[str, float | str] = {"name": name, "ip": ip, "now": now, "window": window}
        values |= {f"{limit}_limit": limits[limit] for limit in LIMITED}
        while True:
            with savepoint(using), connections[using].cursor() as cursor:
                cursor.execute(self.TAKE, values)
                if cursor.rowcount:
                    return None
                cursor.execute(self.REFUSED_UNTIL, values)
                refused_until: float | None = cursor.fetchone()[0]
                if refused_until is not None:
                    return refused_until
            # Another attempt has taken the number. It is let through, so this ends when a limit is reached.

    def clear(self, name: str, ip: str) -> None:
        using = router.db_for_write(LoginAttempt)
        # Not QuerySet.delete(), which would begin and commit a transaction around this one statement.
        with savepoint(using), connections[using].cursor() as cursor:
            cursor.execute("DELETE FROM auth_tracking_loginattempt WHERE name_key = %s AND ip_key = %s", [name, ip])

    def lift(self, *, since: float, name: str | None = None, ip: str | None = None) -> int:
        wanted = {"name_key": name, "ip_key": ip}
        attempts = LoginAttempt.objects.filter(**{field: key for field, key in wanted.items() if key is not None})
        attempts = attempts.using(router.db_for_write(LoginAttempt))
        with transaction.atomic(using=attempts.db):
            counted = attempts.filter(time__gt=since).count()
            attempts.delete()
        return counted


class RedisStore:
    """Counts in the Redis of the default cache, in one round trip: for all processes and machines that share it.

    Only for a Redis that evicts nothing (``maxmemory-policy noeviction``): what it evicts no longer counts.

    Two sorted sets, of a name and of an address, hold the attempts by their times; an attempt is
    ``address|name|something unique``. Redis runs a script as one: nobody else gets in between.
    """

    TAKE = """
        local now, window, ip = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
        local since = string.format('%.6f', now - window)
        local refused_until = 0

        local function check(key, limit, beginning)
            local attempts = redis.call('ZREVRANGEBYSCORE', key, '+inf', '(' .. since, 'WITHSCORES')
            local count = 0
            for i = 1, #attempts, 2 do
                if string.sub(attempts[i], 1, #beginning) == beginning then
                    count = count + 1
                    if count == limit then
                        refused_until = math.max(refused_until, tonumber(attempts[i + 1]) + window)
                    end
                end
            end
        end

        check(KEYS[1], tonumber(ARGV[4]), ip .. '|')
        check(KEYS[1], tonumber(ARGV[5]), '')
        if ip ~= '' then
            check(KEYS[2], tonumber(ARGV[6]), '')
        end
        if refused_until > 0 then
            return string.format('%.6f', refused_until)
        end
        for _, key in ipairs(KEYS) do
            redis.call('ZREMRANGEBYSCORE', key, '-inf', since)
            redis.call('ZADD', key, ARGV[1], ARGV[7])
            redis.call('PEXPIRE', key, math.ceil(window * 1000))
        end
        return false
    """

    CLEAR = """
        local beginning = ARGV[1] .. '|'
        for _, attempt in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
            if string.sub(attempt, 1, #beginning) == beginning then
                for _, key in ipairs(KEYS) do
                    redis.call('ZREM', key, attempt)
                end
            end
        end
    """

    def __init__(self) -> None:
        cache: Any = caches["default"]
        self.make_key = cache.make_key
        self.client = cache._cache.get_client(None, write=True)  # the connections that the cache has

    def take(self, name: str, ip: str, *, now: float, window: float, limits: Limits) -> float | None:
        attempt = f"{ip}|{name}|{uuid4().hex}"
        values = [now, window, ip, limits["name_and_ip"], limits["name"], limits["ip"], attempt]
        refused_until = self.client.register_script(self.TAKE)(self._keys(name, ip), values)
        return None if refused_until is None else float(refused_until)

    def clear(self, name: str, ip: str) -> None:
        self.client.register_script(self.CLEAR)(self._keys(name, ip), [ip])

    def lift(self, *, since: float, name: str | None = None, ip: str | None = None) -> int:
        if name is not None:
            keys = [self._key("name", name)]
        elif ip is not None:
            keys = [self._key("ip", ip)]
        else:
            prefix = re.sub(r"([*?[\]\\])", r"\\\1", self._key("name", ""))
            keys = list(self.client.scan_iter(match=f"{prefix}*"))
        lifted = 0
        for key in keys:
            for attempt, time in self.client.zrange(key, 0, -1, withscores=True):
                attempt_ip, attempt_name, _ = attempt.decode().split("|")
                if self._remove(attempt_name, attempt_ip, attempt) and time > since:
                    lifted += 1
        return lifted

    def eviction_policy(self) -> str:
        """How the server makes room when its memory is full: ``noeviction`` if it does not."""
        return str(self.client.info("memory")["maxmemory_policy"])

    def _remove(self, name: str, ip: str, attempt: bytes) -> bool:
        pipeline = self.client.pipeline()
        for key in self._keys(name, ip):
            pipeline.zrem(key, attempt)
        return any(pipeline.execute())

    def _keys(self, name: str, ip: str) -> list[str]:
        return [self._key("name", name), *([self._key("ip", ip)] if ip else [])]

    def _key(self, kind: str, value: str) -> str:
        return str(self.make_key(f"lockout:{kind}:{value}"))


class Counted(NamedTuple):
    """An attempt that was let through."""

    time: float
    name: str
    ip: str


class MemoryStore:
    """Counts in the memory of this process, each process for itself: for development and tests."""

    _attempts: ClassVar[list[Counted]] = []
    _lock: ClassVar[Lock] = Lock()

    def take(self, name: str, ip: str, *, now: float, window: float, limits: Limits) -> float | None:
        with self._lock:
            self._keep(lambda attempt: attempt.time > now - window)
            of_name = [attempt for attempt in self._attempts if attempt.name == name]
            of_both = [attempt for attempt in of_name if attempt.ip == ip]
            of_ip = [attempt for attempt in self._attempts if attempt.ip == ip and ip]
            checks = [(of_both, limits["name_and_ip"]), (of_name, limits["name"]), (of_ip, limits["ip"])]
            if full := [attempts[-limit].time for attempts, limit in checks if len(attempts) >= limit]:
                return max(full) + window
            self._attempts.append(Counted(now, name, ip))
            return None

    def clear(self, name: str, ip: str) -> None:
        with self._lock:
            self._keep(lambda attempt: (attempt.name, attempt.ip) != (name, ip))

    def lift(self, *, since: float, name: str | None = None, ip: str | None = None) -> int:
        with self._lock:
            self._keep(lambda attempt: attempt.time > since)
            before = len(self._attempts)
            self._keep(lambda attempt: attempt.name != (name or attempt.name) or attempt.ip != (ip or attempt.ip))
            return before - len(self._attempts)

    def _keep(self, wanted: Callable[[Counted], bool]) -> None:
        self._attempts[:] = filter(wanted, self._attempts)
