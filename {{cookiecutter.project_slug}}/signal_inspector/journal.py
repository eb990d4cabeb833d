"""What signals forget: where each receiver was connected, which were dropped, and which have died.

A signal says nothing when it drops a receiver because another one has its ``dispatch_uid``, nor when one that it holds
weakly dies. So ``connect()`` and ``disconnect()`` are wrapped, for all signals: they do as before, and a note is taken.
Sending is not touched.
"""

import functools
import gc
import inspect
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock
from types import CodeType
from typing import Any
from weakref import ReferenceType, WeakKeyDictionary, ref

from django.db.models.signals import ModelSignal
from django.db.models.utils import make_model_tuple
from django.dispatch import Signal

from signal_inspector.entries import Entry, Key, entries_of, key_of, same
from signal_inspector.names import code_of, function_of, receiver_name, sender_name

# What stands between the code that connects and a signal: frames of these modules are no answer to "where".
BETWEEN = {
    __name__,
    "core.wiring",
    "django.dispatch.dispatcher",
    "django.db.models.signals",
    "django.apps.registry",
    "functools",
}

# Of each signal, so many receivers that were dropped, and so many that died, are remembered: the last ones.
REMEMBERED = 50

Place = tuple[str, int]


@dataclass(frozen=True)
class Note:
    """One call of ``connect()``."""

    receiver_name: str
    code: CodeType | None  # of the receiver, so that its place can be told when it is dead
    module: str
    local: bool  # whether it is a function or partial that was made on the way, and that nothing else need hold
    sender_name: str
    sender: Any  # a weak reference; or a text or number, to which there is none
    dispatch_uid: str | None
    weak: bool
    connected_at: Place | None
    receiver: Any = None  # a weak reference, if it is held weakly

    def find_sender(self) -> Any:
        """None, if it is gone."""
        return self.sender() if isinstance(self.sender, ReferenceType) else self.sender

    @property
    def is_dead(self) -> bool:
        """Whether nothing held the receiver."""
        return isinstance(self.receiver, ReferenceType) and self.receiver() is None


@dataclass(frozen=True)
class Drop:
    """A receiver that was not connected, since another one has its ``dispatch_uid``."""

    dropped: Note
    kept: Note


@dataclass
class _Book:
    """What is known of one signal."""

    notes: dict[Key, Note] = field(default_factory=dict)
    drops: deque[tuple[Key, Drop]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    dead: deque[Note] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    # Where those were connected whose sender is a model that is not loaded yet.
    pending: dict[tuple[Any, Any], Place | None] = field(default_factory=dict)


_books: WeakKeyDictionary[Signal, _Book] = WeakKeyDictionary()
# The same thread may come back: what the garbage collector ends may disconnect itself.
_lock = RLock()


def note_of(signal: Signal, key: Key) -> Note | None:
    """What was noted when the receiver with this key was connected."""
    with _lock, suppress(Exception):  # a dispatch_uid may be no key of a dictionary
        book = _books.get(signal)
        return book.notes.get(key) if book else None
    return None


def dropped() -> list[tuple[Signal, Drop]]:
    """The receivers that were never connected, while those that were connected in their place still are."""
    with _lock:
        books = list(_books.items())
        return [
            (signal, drop)
            for signal, book in books
            for key, drop in book.drops
            if any(entry.key == key for entry in entries_of(signal))
        ]


def dead() -> list[tuple[Signal, Note]]:
    """The receivers that have died before anybody disconnected them."""
    with _lock:
        notes = [note for book in _books.values() for note in book.notes.values()]
        if any(note.local and note.weak for note in notes):
            # Connecting to a model by its name leaves a cycle, which holds the receiver until it is collected.
            gc.collect()
        for signal, book in list(_books.items()):
            _tidy(book, entries_of(signal))
        return [(signal, note) for signal, book in list(_books.items()) for note in book.dead]


def keep() -> None:
    """Begin to take notes, for as long as the process lives."""
    if hasattr(Signal.connect, "__wrapped__"):
        return
    for owner, wrappers in ((Signal, (_connect, _disconnect)), (ModelSignal, (_connect_lazily,))):
        for wrapper in wrappers:
            name = wrapper.__name__.split("_")[1]
            setattr(owner, name, wrapper(getattr(owner, name)))


def _connect(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def connect(
        self: Signal, receiver: Any, sender: Any = None, weak: bool = True, dispatch_uid: Any = None, **more: Any
    ) -> None:
        original(self, receiver, sender, weak, dispatch_uid, **more)
        # Whatever is odd about a receiver, connecting it has worked.
        with suppress(Exception), _lock:
            _note(self, receiver, sender, weak=weak, dispatch_uid=dispatch_uid)

    return connect


def _connect_lazily(original: Callable[..., None]) -> Callable[..., None]:
    """A sender may be the name of a model that is loaded later: by then nothing tells where it was connected."""

    @functools.wraps(original)
    def connect(self: Signal, receiver: Any, sender: Any = None, *args: Any, **kwargs: Any) -> None:
        if isinstance(sender, str):
            with suppress(Exception), _lock:
                pending = _books.setdefault(self, _Book()).pending
                pending[id(receiver), make_model_tuple(sender)] = _caller()
                while len(pending) > REMEMBERED:
                    del pending[next(iter(pending))]
        original(self, receiver, sender, *args, **kwargs)

    return connect


def _disconnect(original: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(original)
    def disconnect(
        self: Signal, receiver: Any = None, sender: Any = None, dispatch_uid: Any = None, **more: Any
    ) -> bool:
        with suppress(Exception), _lock:
            _forget(self, key_of(receiver, sender, dispatch_uid))
        return original(self, receiver, sender, dispatch_uid, **more)

    return disconnect


def _note(signal: Signal, receiver: Any, sender: Any, *, weak: bool, dispatch_uid: Any) -> None:
    book = _books.setdefault(signal, _Book())
    entries = entries_of(signal)
    _tidy(book, entries)
    key = key_of(receiver, sender, dispatch_uid)
    place = book.pending.pop((id(receiver), _model_tuple(sender)), None) or _caller()
    note = _written(receiver, sender, weak=weak, dispatch_uid=dispatch_uid, place=place)
    there = next((entry.receiver for entry in entries if entry.key == key), None)
    if same(there, receiver):
        book.notes.setdefault(key, note)
    elif there is not None and not _alike(there, receiver):
        kept = book.notes.get(key) or _written(there, sender, weak=weak, dispatch_uid=dispatch_uid, place=None)
        book.drops.append((key, Drop(note, kept)))


def _written(receiver: Any, sender: Any, *, weak: bool, dispatch_uid: Any, place: Place | None) -> Note:
    name, function = receiver_name(receiver), function_of(receiver)
    return Note(
        receiver_name=name,
        code=code_of(receiver),
        module=function.__module__ if function else type(receiver).__module__,
        local=isinstance(receiver, functools.partial) or (inspect.isfunction(receiver) and "<l" in name),
        sender_name=sender_name(sender),
        sender=_reference(sender),
        dispatch_uid=str(dispatch_uid) if dispatch_uid else None,
        weak=weak,
        connected_at=place,
        receiver=_reference(receiver) if weak else None,
    )


def _reference(thing: Any) -> Any:
    if isinstance(thing, (str, int)) or thing is None:
        return thing
    if inspect.ismethod(thing):
        thing = thing.__self__
    try:
        return ref(thing)
    except TypeError:
        return None


def _alike(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Whether the second is the first one again, as a reload of its module, or importing it twice, brings it about."""
    if isinstance(one, functools.partial) and isinstance(other, functools.partial):
        return (one.args, one.keywords) == (other.args, other.keywords) and _alike(one.func, other.func)
    codes = code_of(one), code_of(other)
    if codes[0] is None or codes[1] is None:
        return receiver_name(one) == receiver_name(other)
    places = [(code.co_filename, code.co_qualname, code.co_firstlineno) for code in codes if code]
    return places[0] == places[1]


def _tidy(book: _Book, entries: list[Entry]) -> None:
    """Forget what is no longer connected; remember what has died."""
    there = {entry.key for entry in entries if _is_hashable(entry.key)}
    for key, note in list(book.notes.items()):
        if note.is_dead:
            del book.notes[key]
            book.dead.append(note)
        elif key not in there:
            del book.notes[key]


def _is_hashable(key: Key) -> bool:
    """Django takes any ``dispatch_uid``. Of one that is no key of a dictionary there is no note."""
    try:
        hash(key)
    except Exception:
        return False
    return True


def _forget(signal: Signal, key: Key) -> None:
    if book := _books.get(signal):
        book.notes.pop(key, None)
        kept = [(other, drop) for other, drop in book.drops if other != key]
        book.drops.clear()
        book.drops.extend(kept)


def _model_tuple(sender: Any) -> Any:
    return (sender._meta.app_label, sender._meta.model_name) if hasattr(sender, "_meta") else sender


def _caller() -> Place | None:
    return next(_callers(), None)


def _callers() -> Iterator[Place]:
    frame = inspect.currentframe()
    while frame:
        if frame.f_globals.get("__name__") not in BETWEEN:
            yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
