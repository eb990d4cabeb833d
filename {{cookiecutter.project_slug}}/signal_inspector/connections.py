"""The register: who is connected to what, now and in this process."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from weakref import ReferenceType

from django.apps import apps
from django.dispatch import Signal

from signal_inspector import journal
from signal_inspector.entries import ANY, Entry, entries_of, identity
from signal_inspector.names import (
    all_signals,
    app_of,
    belongs_to_project,
    code_of,
    function_of,
    place_of,
    receiver_name,
    sender_name,
    signal_name,
)
from signal_inspector.sending import sendings

# The name of a sender, or receiver, that is there no more.
GONE = "<gone>"


@dataclass(frozen=True)
class Connection:
    """One receiver, connected to one signal."""

    signal: Signal
    signal_name: str  # "django.db.models.signals.post_save"
    sender: Any  # None: any sender
    sender_name: str  # "pages.Page", "app pages", a dotted path; "" for any
    receiver: Callable[..., Any] | None  # None: it was held weakly, and is dead
    receiver_name: str  # "django.contrib.auth.models.update_last_login"
    file: str  # where the receiver is written, as an absolute path; "" if unknown
    line: int  # of its def; 0 if unknown
    app: str  # the label of the installed app that has it, "" if none
    project: bool  # whether the project has it, and not an installed package
    dispatch_uid: str | None  # None: connected without
    weak: bool
    is_async: bool
    order: int  # among the signal's receivers, from 1
    connected_at: tuple[str, int] | None  # where connect() was called, if that is known
    sends: tuple[str, ...]  # names of signals that it sends, as its source says


def connections(*, with_sends: bool = True) -> list[Connection]:
    """Every connection of every signal, sorted by signal, then in order.

    Without ``sends`` no source is read for it, which takes most of the time.
    """
    entries = {id(signal): (signal, entries) for signal in all_signals() if (entries := entries_of(signal))}
    senders = _senders(entry.key[1] for _, each in entries.values() for entry in each)
    found = [
        _connection(signal, entry, order, senders, with_sends=with_sends)
        for signal, each in entries.values()
        for order, entry in enumerate(each, start=1)
    ]
    return sorted(found, key=lambda connection: (connection.signal_name, id(connection.signal), connection.order))


def _connection(signal: Signal, entry: Entry, order: int, senders: dict[Any, Any], *, with_sends: bool) -> Connection:
    receiver, note = entry.receiver, journal.note_of(signal, entry.key)
    sender = _sender(entry, note, senders)
    code, module = (note.code, note.module) if note else (None, "")
    if receiver is not None:
        function = function_of(receiver)
        code, module = code_of(receiver), function.__module__ if function else type(receiver).__module__
    file, line = place_of(code)
    sent = [sending.name for sending in sendings(receiver)] if with_sends and receiver is not None else []
    return Connection(
        signal=signal,
        signal_name=signal_name(signal),
        sender=sender,
        sender_name=GONE if sender is GONE else sender_name(sender),
        receiver=receiver,
        receiver_name=receiver_name(receiver) if receiver is not None else note.receiver_name if note else GONE,
        file=file,
        line=line,
        app=app_of(module),
        project=belongs_to_project(file),
        dispatch_uid=_uid(entry.key[0], receiver),
        weak=entry.weak,
        is_async=entry.is_async,
        order=order,
        connected_at=note.connected_at if note else None,
        sends=tuple(dict.fromkeys(sent)),
    )


def _sender(entry: Entry, note: journal.Note | None, senders: dict[Any, Any]) -> Any:
    """None: any. GONE: it is there no more, or nothing tells what it was."""
    identity = entry.key[1]
    if identity == ANY:
        return None
    if isinstance(entry.sender, ReferenceType):
        found = entry.sender()
        return GONE if found is None else found
    found = note.find_sender() if note else None
    return found if found is not None else senders.get(identity, GONE)


def _senders(wanted: Iterable[Any]) -> dict[Any, Any]:
    """Senders by their identities: Django keeps no more than that of some."""
    models = apps.get_models(include_auto_created=True, include_swapped=True)
    known = {id(thing): thing for thing in [*models, *apps.get_app_configs()]}
    missing = {identity for identity in wanted if identity != ANY} - known.keys()
    if missing:
        known |= {id(thing): thing for thing in gc.get_objects() if id(thing) in missing and _can_send(thing)}
    return known


def _can_send(thing: object) -> bool:
    """Others may be newer than the sender, and only have come to lie where it was."""
    return issubclass(type(thing), (type, ModuleType))


def _uid(part: Any, receiver: Callable[..., Any] | None) -> str | None:
    """The first part of a key, if that is no identity."""
    without = isinstance(part, (int, tuple)) if receiver is None else part == identity(receiver)
    return None if without else str(part)
