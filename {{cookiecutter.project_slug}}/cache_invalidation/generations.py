"""Which cached values are still good: those stored under the current generation of all that they depend on.

A generation is a random token that the cache keeps under a name, such as "page:about". A reader takes the tokens before
it reads the database, and stores what it has read together with them. A writer drops them after its commit. So what
was read before a commit carries a token that is good no longer, however late it is stored. A token that the cache has
dropped is made anew, never seen before, and what was stored under the old one is good no longer either.

What remains: a process that dies, or cannot reach the cache, between its commit and that. Until it has told the
cache, or until they time out, others may read the old values.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.core.cache import BaseCache
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from cache_invalidation import store
from core.failures import failures_logged

logger = logging.getLogger(__name__)

# What all reads depend on.
EVERYTHING = "*"

# How many seconds a token is kept. When it is gone, what depends on it is read once more.
TOKEN_TIMEOUT = 600.0

# If a transaction asks for more to be listed, nobody is asked: everything ends.
MOST_LISTERS = 100

# How many of a transaction's last hooks are searched for an end that waits already. If it is further back, the cache is
# told once more.
LOOK_BACK = 1000

Lister = Callable[[], Iterable[str]]

# Reads that are made again as soon as something has ended, and the names of what they depend on.
_kept_warm: dict[Callable[[], object], frozenset[str]] = {}


def key(name: str) -> str:
    """Where the cache keeps a generation's token.

    Everything has another one in each life of the server: what it remembers of an earlier life is not good in this.
    """
    if name == EVERYTHING:
        name += store.state.server
    return f"generation:{sha256(name.encode()).hexdigest()}"


def new_token() -> str:
    """A token that no value was ever stored under."""
    return uuid4().hex


def tokens(cache: BaseCache, names: list[str], found: dict[str, str]) -> list[str]:
    """The tokens of these names: those ``found`` in the cache, and new ones for those that it does not have."""
    return [found.get(key(name)) or _make(cache, name) for name in names]


def _make(cache: BaseCache, name: str) -> str:
    token = new_token()
    if cache.add(key(name), token, TOKEN_TIMEOUT):
        return token
    # Somebody else was faster. If theirs is gone again already, ours is as good as any: it will never match.
    return cache.get(key(name)) or token


def end_on_commit(*names: str, lister: Lister | None = None, using: str = DEFAULT_DB_ALIAS) -> None:
    """End the generations of these names when the transaction is committed; at once, if there is none.

    ``lister`` returns more names, and is asked after the commit: it sees what others have committed meanwhile, too.

    This is also the call to make after raw SQL: ``end_on_commit("page:about")``, or with ``EVERYTHING``.
    """
    ending = _waiting_here(using)
    if ending:
        ending.add(names, lister)
        return
    ending = Ending()
    ending.add(names, lister)
    transaction.on_commit(ending.end, using=using, robust=True)


def written(names: Iterable[str]) -> bool:
    """Whether a transaction of this thread has written what one of these names stands for, so that only it can see it.

    It has if an end waits for its commit. Those of a savepoint that was rolled back are no longer among the waiting.
    """
    return any(
        ending.listers or EVERYTHING in ending.names or not ending.names.isdisjoint(names)
        for connection in connections.all(initialized_only=True)
        for _, ending in _waiting(connection.run_on_commit)
    )


def in_transaction() -> bool:
    """Whether this thread is in a transaction: it may see an older state than others, or one that others never will."""
    return any(
        connection.in_atomic_block or (connection.connection is not None and not connection.autocommit)
        for connection in connections.all(initialized_only=True)
    )


def end(names: Iterable[str]) -> None:
    """End the generations of these names now."""
    ended = frozenset(names)

    def tell(cache: BaseCache) -> bool:
        # Deleted, not replaced: a cache that is full still takes that.
        cache.delete_many([key(name) for name in ended])
        return True

    if not attempt(tell):
        store.distrust()  # also if it is just coming back
        return
    for read, depends_on in _kept_warm.items():
        if EVERYTHING in ended or ended & depends_on:
            with failures_logged(logger, "A read cannot be kept warm."):
                read()


def keep_warm(read: Callable[[], object], *, depends_on: Collection[str]) -> None:
    """Call ``read``, which reads through the cache, whenever one of these has ended: so the next reader finds it there.

    Whoever writes waits for it, after the commit.
    """
    _kept_warm[read] = frozenset(depends_on)


def attempt(operation: Callable[[BaseCache], store.T]) -> store.T | None:
    """What ``operation`` returns, given the cache; None while it is down. When it is back, all is read anew."""
    return store.attempt(operation, on_return=end_everything)


def end_everything(cache: BaseCache) -> None:
    """End what all reads depend on, or raise what keeps the cache from it: it has to take a write."""
    cache.set(key(EVERYTHING), new_token(), TOKEN_TIMEOUT)


class Ending:
    """What ends when a transaction is committed."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.listers: list[Lister] = []

    def add(self, names: Iterable[str], *listers: Lister | None) -> None:
        """Let these end too."""
        self.names.update(names)
        self.listers.extend(filter(None, listers))

    def clear(self) -> None:
        """Another one ends these."""
        self.names.clear()
        self.listers.clear()

    def end(self) -> None:
        """End them. What cannot be listed may be anything, so everything ends."""
        try:
            if len(self.listers) > MOST_LISTERS:
                listed = {EVERYTHING}
            else:
                listed = {name for lister in self.listers for name in lister()}
        except Exception:
            logger.exception("What depends on a change cannot be listed: everything is read anew.")
            listed = {EVERYTHING}
        if names := self.names | listed:
            end(names)


def _waiting(hooks: Sequence[Any]) -> Iterator[tuple[set[str | None], Ending]]:
    """The ends among hooks that wait for a commit, each with the savepoints that were open when it was asked for."""
    for savepoints, hook, *_ in hooks:
        ending = getattr(hook, "__self__", None)
        if isinstance(ending, Ending):
            yield savepoints, ending


def _waiting_here(using: str) -> Ending | None:
    """The end that waits for the commit, and would be taken back together with what is written now; if there is one.

    Those that can no longer be taken back one without the other become one, since their savepoints were released: the
    later one's hook stays, with nothing to end. So a transaction that writes a thousand rows tells the cache once.
    """
    connection = connections[using]
    here = set(connection.savepoint_ids) - {None}
    together: dict[frozenset[str | None], Ending] = {}
    for savepoints, ending in _waiting(connection.run_on_commit[-LOOK_BACK:]):
        first = together.setdefault(frozenset(savepoints & here), ending)
        if first is not ending:
            first.add(ending.names, *ending.listers)
            ending.clear()
    return together.get(frozenset(here))
