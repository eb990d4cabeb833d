"""System checks: receivers that are called too often, too late or never. Only the project's own are looked at."""

import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.checks import register as register_check
from django.db.models.signals import ModelSignal, post_delete, post_migrate, pre_delete, pre_migrate

from signal_inspector import journal
from signal_inspector.connections import GONE, Connection, connections
from signal_inspector.names import belongs_to_project, code_of, place_of, short_place, signal_name
from signal_inspector.unimported import connects

# Tests connect as they please, and are no part of the site.
TESTS = re.compile(r"(^|/)(tests?/|tests?\.py$|test_[^/]*\.py$|conftest\.py$)")

# The modules in which an app has its receivers.
MODULES = ("signals", "receivers", "handlers")


def register() -> None:
    """Have ``manage.py check``, and so ``migrate`` and ``runserver``, ask for these."""
    register_check(check_receivers, "signals")


def check_receivers(**kwargs: Any) -> list[CheckMessage]:
    """What is wrong with the receivers of the project."""
    findings: list[CheckMessage] = list(dead())  # first: what follows keeps receivers alive
    own = [each for each in connections(with_sends=False) if each.receiver is not None and _is_ours(each.file)]
    for check in (without_uid, repeated, of_every_model, without_kwargs, in_transactions):
        findings += check(own)
    return sorted([*findings, *dropped(), *unimported()], key=lambda finding: str(finding.id))


def without_uid(own: list[Connection]) -> Iterator[CheckMessage]:
    """Those that another import of their module would connect again."""
    for connection in own:
        # What a package connects by itself, such as a method of a field that is derived from one of its own, is its.
        ours = connection.connected_at is None or belongs_to_project(connection.connected_at[0])
        if connection.dispatch_uid is None and ours:
            message = f"{_what(connection)} without a dispatch_uid,{_at(connection.connected_at)}."
            hint = (
                f'Add dispatch_uid="{connection.receiver_name}": without one, it is connected again when its module is '
                "reloaded, or imported under a second name."
            )
            yield Warning(message, hint=hint, id="signal_inspector.W001")


def dropped() -> Iterator[CheckMessage]:
    """Those that are never called, since another one has their ``dispatch_uid``."""
    for signal, drop in journal.dropped():
        if _is_ours(place_of(drop.dropped.code)[0]):
            note, kept = drop.dropped, drop.kept
            message = (
                f"{note.receiver_name} is never called for {_sent(signal_name(signal), note.sender_name)}: it was "
                f"connected after {kept.receiver_name}{_at(kept.connected_at)}, with the same dispatch_uid, "
                f'"{note.dispatch_uid}".'
            )
            where = f" in {short_place(*note.connected_at)}" if note.connected_at else ""
            hint = f"Give it a dispatch_uid of its own{where}, such as its dotted path."
            yield Warning(message, hint=hint, id="signal_inspector.W002")


def repeated(own: list[Connection]) -> Iterator[CheckMessage]:
    """Those that are called several times for one sending."""
    functions: dict[Any, list[Connection]] = defaultdict(list)
    for connection in own:
        # One that is made anew each time, or belongs to an object, may be there several times with reason.
        if inspect.isfunction(connection.receiver) and "<locals>" not in connection.receiver.__qualname__:
            code = code_of(connection.receiver)
            # Two lambdas, or two functions one of which has taken the name of the other, differ by their lines.
            name = code and (code.co_qualname, code.co_firstlineno)
            functions[connection.signal, connection.file, name].append(connection)
    for same in functions.values():
        for one in {id(each.sender): each for each in same if each.sender is not GONE}.values():
            called = [each for each in same if each.sender is None or each.sender is one.sender]
            if len(called) > 1:
                names = sorted({each.receiver_name for each in called})
                places = " and".join(_at(each.connected_at) for each in called if each.connected_at)
                message = (
                    f"{' alias '.join(names)} is called {len(called)} times for "
                    f"{_sent(one.signal_name, one.sender_name)}: it is connected{places}."
                )
                hint = "Connect it once. With one dispatch_uid, and one sender or none, a second time does nothing."
                if len(names) > 1:
                    hint = f"Its module is imported under {len(names)} names: keep to one. {hint}"
                yield Warning(message, hint=hint, id="signal_inspector.W003")


def of_every_model(own: list[Connection]) -> Iterator[CheckMessage]:
    """Those that are called for models which do not concern them."""
    for connection in own:
        meant = connection.receiver_name in settings.RECEIVERS_OF_EVERY_MODEL
        if isinstance(connection.signal, ModelSignal) and connection.sender is None and not meant:
            message = f"{_what(connection)} without a sender: it is called for every model, sessions included."
            if connection.signal in (pre_delete, post_delete):
                message += " No model is deleted with one statement any more: all rows are loaded first."
            hint = (
                'Connect it with a sender, such as "pages.Page", once for each model. If it is meant for all, add '
                f'"{connection.receiver_name}" to RECEIVERS_OF_EVERY_MODEL.'
            )
            yield Warning(message, hint=hint, id="signal_inspector.W004")


def dead() -> Iterator[CheckMessage]:
    """Those that were held weakly, and by nothing else."""
    told = set()
    for signal, note in journal.dead():
        key = (signal, note.receiver_name, note.sender_name, note.connected_at)
        if note.local and _is_ours(place_of(note.code)[0]) and key not in told:
            told.add(key)
            message = (
                f"{note.receiver_name} is never called for {_sent(signal_name(signal), note.sender_name)}: nothing but "
                f"a weak reference held it after it was connected{_at(note.connected_at)}, and it is gone."
            )
            hint = "Define it at the top of its module, or connect it with weak=False."
            yield Warning(message, hint=hint, id="signal_inspector.W005")


def without_kwargs(own: list[Connection]) -> Iterator[CheckMessage]:
    """Those that fail when they are called."""
    for connection in own:
        if not _takes_kwargs(connection.receiver):
            message = f"{_what(connection)}, and does not take **kwargs."
            hint = (
                "End its parameters with **kwargs. With DEBUG Django refuses it; without, it fails as soon as the "
                "signal is sent with one more argument."
            )
            yield Error(message, hint=hint, id="signal_inspector.E006")


def unimported() -> Iterator[CheckMessage]:
    """Those whose module nothing has imported."""
    with suppress(Exception):  # that has a check of its own
        import_module(settings.ROOT_URLCONF)  # views may import what has receivers
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    packages = {"django", *(config.name.partition(".")[0] for config in apps.get_app_configs())}
    for config in apps.get_app_configs():
        for name, file in _modules_of(config):
            if str(file) not in files and f"{config.name}.{name}" not in sys.modules and connects(file, packages):
                message = f"The receivers in {short_place(str(file))} are not connected: nothing imports it."
                hint = f"Import it, and connect them, in ready() of the app's own AppConfig, in {config.name}.apps."
                yield Warning(message, hint=hint, id="signal_inspector.W007")


def in_transactions(own: list[Connection]) -> Iterator[CheckMessage]:
    """Async ones that hold up transactions."""
    for connection in own:
        from_sync_code = isinstance(connection.signal, ModelSignal) or connection.signal in (pre_migrate, post_migrate)
        if connection.is_async and from_sync_code:
            message = (
                f"{_what(connection)} and is async, but sync code sends that, mostly in a transaction: each time an "
                "event loop is started and waited for, while the transaction holds its locks. In a thread that runs a "
                "loop already, sending fails with RuntimeError."
            )
            hint = (
                "Make it a plain function; or send a signal of your own with core.dispatch.send_on_commit, and connect "
                "it to that."
            )
            yield Warning(message, hint=hint, id="signal_inspector.W008")


def _modules_of(config: AppConfig) -> Iterator[tuple[str, Path]]:
    """The files of an app of the project that should hold receivers."""
    for name in MODULES:
        for file in (Path(config.path) / f"{name}.py", Path(config.path) / name / "__init__.py"):
            if belongs_to_project(str(file)) and file.is_file():
                yield name, file


def _takes_kwargs(receiver: Any) -> bool:
    """True, too, of what is written in C and does not say."""
    try:
        parameters = inspect.signature(receiver).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def _is_ours(file: str) -> bool:
    return belongs_to_project(file) and not TESTS.search(short_place(file))


def _what(connection: Connection) -> str:
    return f"{connection.receiver_name} is connected to {_sent(connection.signal_name, connection.sender_name)}"


def _sent(signal: str, sender: str) -> str:
    name = signal.removeprefix("django.db.models.signals.")
    return f"{name} of {sender}" if sender else name


def _at(place: tuple[str, int] | None) -> str:
    return f" in {short_place(*place)}" if place else ""
