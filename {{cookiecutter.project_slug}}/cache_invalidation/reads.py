"""Reading through the cache."""

import pickle
import time
from collections.abc import Callable, Collection
from contextvars import ContextVar
from hashlib import sha256
from typing import Any, TypeVar

import django

from cache_invalidation import generations
from cache_invalidation.generations import EVERYTHING, attempt

T = TypeVar("T")

# Of many readers that find nothing, one makes the value and the others wait for it. If it has not come after so many
# whole seconds, as when the one has died, the next one makes it; and after so many nobody waits any longer.
LOCK_TIMEOUT = 3.0
PATIENCE = 10.0
# Seconds between two looks: the first pause, which doubles up to the longest.
FIRST_PAUSE = 0.001
LONGEST_PAUSE = 0.02

# For how many seconds it is kept that there is nothing.
NOTHING_TIMEOUT = 30.0

# How the running request's reads went: "hit", "miss", "bypass" (in a transaction that has written) or "down".
outcomes: ContextVar[list[str] | None] = ContextVar("outcomes", default=None)


def read_through(
    key: str,
    *,
    depends_on: Collection[str],
    produce: Callable[[], T],
    timeout: float | Callable[[], float],
) -> T:
    """What the cache has under ``key``, or else what ``produce`` makes, which is then stored there.

    ``depends_on`` are the names of generations, such as ``["page:about"]``: when one ends, so does the value.
    ``produce`` reads the database, and returns what can be pickled; what it raises is raised here, and not stored.
    ``timeout`` is how long a value is good at most, in seconds, or a function that says so before the value is made.
    Making it has to take less than ``PATIENCE``: who has waited so long makes one too.

    Under a ``key`` there must always be the same kind of thing: change it when ``produce`` returns another.

    Inside a transaction the cache is read, until the transaction writes, but never filled: the transaction may see an
    older state than the others.
    """
    if isinstance(depends_on, str):
        raise TypeError(
            f'depends_on is the text "{depends_on}". It has to be a list of names, such as ["{depends_on}"].'
        )
    place = Place(key, depends_on)
    if generations.written(place.names):
        note("bypass")
        return produce()
    may_store = not generations.in_transaction()
    deadline = time.monotonic() + PATIENCE
    pause = FIRST_PAUSE
    try:
        while place.look():
            if place.holds_good_value():
                note("hit")
                good: T = place.value
                return good
            if place.locked or not may_store or time.monotonic() > deadline:
                note("miss")
                return place.fill(produce, timeout) if may_store else produce()
            # Having got the lock, look once more: whoever had it before may have stored the value just now.
            if not place.lock():
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        note("down")
        return produce()
    finally:
        place.unlock()


class Place:
    """Where the cache keeps a value, beside the tokens of what it depends on.

    There is a lock for each value and its tokens, so nobody waits for a value that was outdated before they came. One
    that became outdated while they waited is good enough: they came before that write. So each reader waits for one
    value, however many writes there are.
    """

    value: Any

    def __init__(self, key: str, depends_on: Collection[str]) -> None:
        self.names = [EVERYTHING, *sorted(depends_on)]
        self.key = f"value:{sha256(f'{django.__version__} {key}'.encode()).hexdigest()}"
        self.found: dict[str, Any] = {}
        self.seen: list[list[str]] = []  # tokens that were current at some time since this reader came
        self.tokens: list[str] | None = None  # those of the value that this reader makes or waits for
        self.lock_key = ""
        self.owner = generations.new_token()
        self.locked = False
        self.locked_until = 0.0

    def look(self) -> bool:
        """Get the value, the tokens and the lock, in one round trip. Return whether the cache is up."""
        keys = [self.key, *([self.lock_key] if self.lock_key else [])]
        found = attempt(lambda cache: cache.get_many([*keys, *map(generations.key, self.names)]))
        self.found = found or {}
        self.locked = self.locked or self.found.get(self.lock_key) == self.owner
        return found is not None

    def holds_good_value(self) -> bool:
        """Whether what was found is stored under tokens that were seen, and can be read; it is ``value`` then."""
        self.seen.append([self.found.get(generations.key(name), "") for name in self.names])
        tokens, pickled = self.found.get(self.key, (None, b""))
        if tokens not in self.seen:
            return False
        try:
            self.value = pickle.loads(pickled)
        except Exception:  # another version of the code has stored it
            return False
        return True

    def fill(self, produce: Callable[[], T], timeout: float | Callable[[], float]) -> T:
        """Make the value, and store it under the tokens that were there before it was made."""
        # Before the value is made, too: what falls due in between shortens this value's time, not the next one's.
        started = time.monotonic()
        seconds = timeout() if callable(timeout) else timeout
        value = produce()
        if value is None:
            seconds = min(seconds, NOTHING_TIMEOUT)
        if self.tokens is not None:
            stored = (self.tokens, pickle.dumps(value))
            attempt(lambda cache: cache.set(self.key, stored, seconds - (time.monotonic() - started)))
        return value

    def lock(self) -> bool:
        """Become the one who makes the value, if nobody is. Return whether that succeeded."""
        if self.lock_key in self.found:
            return False
        if self.tokens is None:
            self.tokens = attempt(lambda cache: generations.tokens(cache, self.names, self.found))
            if self.tokens is None:
                return False
            self.seen.append(self.tokens)
            self.lock_key = f"{self.key}:lock:{sha256(''.join(self.tokens).encode()).hexdigest()}"
        self.locked_until = time.monotonic() + LOCK_TIMEOUT
        self.locked = bool(attempt(lambda cache: cache.add(self.lock_key, self.owner, LOCK_TIMEOUT)))
        return self.locked

    def unlock(self) -> None:
        """Let others make the value: unless making it took so long that another one is at it already."""
        if self.locked and time.monotonic() < self.locked_until:
            attempt(lambda cache: cache.delete(self.lock_key))


def note(outcome: str) -> None:
    """Tell the middleware."""
    noted = outcomes.get()
    if noted is not None:
        noted.append(outcome)
