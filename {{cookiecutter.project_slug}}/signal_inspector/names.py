"""What signals, senders and receivers are called, and where they are written."""

import functools
import gc
import linecache
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from django.apps import AppConfig, apps
from django.conf import settings
from django.db.models import Model
from django.dispatch import Signal

# Where Python itself is installed: perhaps below the project.
PYTHON = {sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib")}

# What a signal is called does not change: it is looked for once. For one without a name, how many modules there were
# when none was found: it is looked for again when there are more.
_known: WeakKeyDictionary[Signal, str] = WeakKeyDictionary()
_nameless: WeakKeyDictionary[Signal, int] = WeakKeyDictionary()


def all_signals() -> list[Signal]:
    """Every signal that there is in this process, whoever made it.

    Found as objects, so that no list has to be kept up. Types are asked for their class, not objects: a lazy one would
    be evaluated. What ``gc.freeze()`` has hidden is still found in its module.
    """
    things = gc.get_objects()
    found = [thing for thing in things if issubclass(type(thing), Signal) and _is_whole(thing)]
    return list({id(signal): signal for signal in [*found, *(each[0] for each in _attributes(things))]}.values())


def signal_name(signal: Signal) -> str:
    """Where it is defined, such as ``"django.db.models.signals.post_save"``."""
    if not _is_whole(signal):
        return f"<unnamed {type(signal).__name__}>"
    if signal not in _known and _nameless.get(signal) != len(sys.modules):
        _learn()
        for each in all_signals():
            if each not in _known:
                _nameless[each] = len(sys.modules)
    return _known.get(signal, f"<unnamed {type(signal).__name__}>")


def sender_name(sender: Any) -> str:
    """Such as ``"pages.Page"``, ``"app pages"`` or the dotted path of a class; empty for None, which is any sender."""
    if sender is None:
        return ""
    if issubclass(type(sender), type):
        return sender._meta.label if issubclass(sender, Model) and hasattr(sender, "_meta") else _path(sender)
    if issubclass(type(sender), AppConfig):
        return f"app {sender.label}"
    if issubclass(type(sender), ModuleType):
        return str(sender.__name__)
    if type(sender) in (str, int):
        return repr(sender)
    return receiver_name(sender) if callable(sender) else f"{_path(type(sender))}()"


def receiver_name(receiver: Any) -> str:
    """Its dotted path, such as ``"django.contrib.auth.models.update_last_login"``.

    A bound method is called by its object's class, a callable object by its class with ``()``, a partial by what it
    calls: ``"partial(django.contrib.auth.models.update_last_login)"``.
    """
    if issubclass(type(receiver), functools.partial):
        return f"partial({receiver_name(receiver.func)})"
    if issubclass(type(receiver), MethodType):
        owner = receiver.__self__
        name = _asked(receiver, "__name__") or f"{receiver_name(receiver.__func__)}"
        return f"{_path(owner if issubclass(type(owner), type) else type(owner))}.{name}"
    return _path(receiver) if isinstance(_asked(receiver, "__qualname__"), str) else f"{_path(type(receiver))}()"


def place_of(receiver: Callable[..., Any] | CodeType | None) -> tuple[str, int]:
    """The file, as an absolute path, and the line of its ``def``, however it is wrapped; ``("", 0)`` if unknown."""
    code = receiver if isinstance(receiver, CodeType) or receiver is None else code_of(receiver)
    if code is None or code.co_filename.startswith("<"):
        return "", 0
    file = str(Path(code.co_filename).absolute())
    lines = linecache.getlines(code.co_filename)
    # A function's code begins with its decorators.
    for number, line in enumerate(lines[code.co_firstlineno - 1 :], start=code.co_firstlineno):
        if re.match(r"\s*(async\s+)?def\s", line):
            return file, number
        if not line.lstrip().startswith("@") and number == code.co_firstlineno:
            break  # a lambda
    return file, code.co_firstlineno


def code_of(receiver: Callable[..., Any]) -> CodeType | None:
    """The code of the function that is behind a receiver; None for one that is not written in Python."""
    function = function_of(receiver)
    return function.__code__ if function else None


def function_of(receiver: Any) -> FunctionType | None:
    """The function that is behind partials, methods, classes, callable objects and decorators that say what they wrap.

    Types are asked for, and objects for nothing that they could refuse with an error of their own.
    """
    seen: set[int] = set()
    while id(receiver) not in seen:
        seen.add(id(receiver))
        kind = type(receiver)
        if issubclass(kind, functools.partial):
            receiver = receiver.func
        elif issubclass(kind, MethodType):
            receiver = receiver.__func__
        elif callable(wrapped := _own(receiver).get("__wrapped__")):
            receiver = wrapped
        elif issubclass(kind, type):
            receiver = receiver.__init__
        elif kind is not FunctionType and isinstance(call := kind.__call__, FunctionType):
            receiver = call
    return receiver if type(receiver) is FunctionType else None


def belongs_to_project(path: str) -> bool:
    """Whether a file is the project's own: below ``BASE_DIR``, and not installed there with other packages."""
    return bool(path) and _is_below(path, str(settings.BASE_DIR))


@functools.cache
def _is_below(path: str, directory: str) -> bool:
    file, base = _real(path), _real(directory)
    if not file.is_relative_to(base):
        return False
    inside = file.relative_to(base).parts[:-1]
    if any(part.startswith(".") or part in {"site-packages", "dist-packages"} for part in inside):
        return False
    return not any(file.is_relative_to(directory) for directory in PYTHON)


def short_place(file: str, line: int = 0) -> str:
    """A place to read: from ``BASE_DIR``, or from where packages are installed; empty if unknown."""
    own = belongs_to_project(file)
    place = _real(file) if own else Path(file)
    bases = [_real(str(settings.BASE_DIR))] if own else [Path(each) for each in sys.path if each]
    inside = [place.relative_to(base).as_posix() for base in bases if place.is_relative_to(base)]
    name = min(inside, key=len, default=file)
    return f"{name}:{line}" if line else name


def app_of(module: str) -> str:
    """The label of the installed app that a module belongs to, empty if to none."""
    config = apps.get_containing_app_config(module)
    return config.label if config else ""


@functools.cache
def _real(path: str) -> Path:
    """Where a path leads: a site may be reached through a link."""
    return Path(path).resolve()


def _is_whole(signal: Signal) -> bool:
    """Not one that another thread is making just now, nor one that cannot be a key, such as a dataclass."""
    # Not by vars(): an object whose dictionary was asked for is slower from then on, and sending with it.
    return type(signal).__hash__ is not None and _asked(signal, "receivers") is not None


def _asked(thing: Any, attribute: str) -> Any:
    """None, too, if asking fails: an object may do as it likes."""
    try:
        return getattr(thing, attribute, None)
    except Exception:
        return None


def _own(thing: Any) -> Mapping[str, Any]:
    """What an object has of its own."""
    own = _asked(thing, "__dict__")
    return own if issubclass(type(own), (dict, MappingProxyType)) else {}


def _path(thing: Any) -> str:
    """The dotted path of a class or function."""
    module, name = _asked(thing, "__module__"), str(thing.__qualname__)
    return f"{module}.{name}" if isinstance(module, str) and module else name


def _learn() -> None:
    """Name the signals: where one is found under several names, by the module that defines it."""
    places: dict[int, list[tuple[str, str]]] = {}
    signals: dict[int, Signal] = {}
    for signal, module, name in _attributes(gc.get_objects()):
        signals[id(signal)] = signal
        places.setdefault(id(signal), []).append((module, name))
    for key, names in places.items():
        # A module of signals is asked first, then the nearest to the top: sources are read until one is the definer.
        names.sort(key=lambda place: ("signals" not in place[0], place[0].count("."), place))
        module, name = next((place for place in names if len(names) == 1 or _defines(*place)), names[0])
        _known[signals[key]] = f"{module}.{name}"


def _attributes(things: list[Any]) -> Iterator[tuple[Signal, str, str]]:
    """Each signal that is an attribute of a module or of a class.

    Yields the signal, the module's name, and the name within it. Of ``things``, the types are asked.
    """
    for module_name, module in list(sys.modules.items()):
        if not issubclass(type(module), ModuleType):
            continue
        for name, value in list(vars(module).items()):
            if issubclass(type(value), Signal) and _is_whole(value):
                yield value, module_name, name
    for thing in things:
        if issubclass(type(thing), type):
            for name, value in list(vars(thing).items()):
                if issubclass(type(value), Signal) and _is_whole(value):
                    yield value, thing.__module__, f"{thing.__qualname__}.{name}"


def _defines(module: str, name: str) -> bool:
    """Whether the module's source assigns that name, and does not only import it."""
    file = getattr(sys.modules.get(module), "__file__", None)
    pattern = re.compile(rf"\s*{re.escape(name.rpartition('.')[2])}\s*(:[^=]+)?=[^=]")
    return bool(file) and any(pattern.match(line) for line in linecache.getlines(str(file)))
