"""What a function sends, as its source says."""

import ast
import linecache
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

from django.dispatch import Signal

from signal_inspector.names import belongs_to_project, function_of, signal_name

SENDING = {"send", "asend", "send_robust", "asend_robust"}

# How far calls of other functions are followed.
DEPTH = 4


@dataclass(frozen=True)
class Sending:
    """A signal that a function sends, itself or in what it calls; perhaps only after the commit."""

    signal: Signal
    name: str
    on_commit: bool


@dataclass(frozen=True)
class _Step:
    """Something that a source does: it sends what an expression names, or calls it."""

    expression: ast.expr
    sends: bool
    on_commit: bool


@dataclass(frozen=True)
class _Source:
    """What is to be known of one function's source."""

    steps: tuple[_Step, ...]
    imports: tuple[tuple[str, str, str], ...]  # module, name in it, name here


def sendings(receiver: Callable[..., Any]) -> list[Sending]:
    """What a receiver sends, in the order of its source, each signal once. A hint: no source is run.

    Calls of functions of the project are followed, where the source calls them by a name that can be looked up.
    """
    function = function_of(receiver)
    found = _sendings(function, DEPTH, set(), on_commit=False) if function else ()
    return list({(sending.name, sending.on_commit): sending for sending in found}.values())


def _sendings(function: FunctionType, depth: int, seen: set[FunctionType], *, on_commit: bool) -> Iterator[Sending]:
    code = function.__code__
    source = _sources_in(code.co_filename).get((code.co_firstlineno, code.co_name))
    if source is None or function in seen:
        return
    seen.add(function)
    scope = _scope_of(function, source)
    for step in source.steps:
        thing, later = _resolve(step.expression, scope), on_commit or step.on_commit
        if step.sends:
            if isinstance(thing, Signal):
                yield Sending(thing, signal_name(thing), later)
        elif depth and isinstance(thing, FunctionType) and belongs_to_project(thing.__code__.co_filename):
            yield from _sendings(thing, depth - 1, seen, on_commit=later)


def _scope_of(function: FunctionType, source: _Source) -> Callable[[str], Any]:
    """Says what names mean in a function: those that it imports itself, that it closes over, and its module's."""
    own: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            own[name] = cell.cell_contents
        except ValueError:  # empty as yet
            continue
    for module, name, here in source.imports:
        found = vars(sys.modules[module]).get(name) if module in sys.modules else None
        own[here] = sys.modules.get(f"{module}.{name}") if found is None else found
    return lambda name: own[name] if name in own else function.__globals__.get(name)


def _resolve(node: ast.expr, scope: Callable[[str], Any]) -> Any:
    """What a name, or a dotted name of modules and classes, stands for; None if only running it could tell."""
    if isinstance(node, ast.Name):
        return scope(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, scope)
        return vars(owner).get(node.attr) if isinstance(owner, (ModuleType, type)) else None
    return None


@lru_cache(maxsize=512)
def _sources_in(file: str) -> dict[tuple[int, str], _Source]:
    """The functions that a file defines, by first line and name, as code objects have them."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return {}
    found: dict[tuple[int, str], _Source] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.name] = _read(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault((node.lineno, "<lambda>"), _read(node))
    return found


def _read(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> _Source:
    imports = tuple(
        (each.module, alias.name, alias.asname or alias.name)
        for each in ast.walk(function)
        if isinstance(each, ast.ImportFrom) and each.module and not each.level
        for alias in each.names
    )
    # Functions that are defined in it and given to on_commit() by name.
    later = {
        argument.id
        for each in ast.walk(function)
        if isinstance(each, ast.Call) and _name_of(each.func) == "on_commit"
        for argument in each.args
        if isinstance(argument, ast.Name)
    }
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    return _Source(tuple(step for node in body for step in _steps(node, later, on_commit=False)), imports)


def _steps(node: ast.AST, later: set[str], *, on_commit: bool) -> Iterator[_Step]:
    """What is done in a part of a source, in order."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in later:
        on_commit = True
    if isinstance(node, ast.Call):
        name = _name_of(node.func)
        if isinstance(node.func, ast.Attribute) and name in SENDING:
            yield _Step(node.func.value, sends=True, on_commit=on_commit)
        elif name == "send_on_commit" and node.args:
            yield _Step(node.args[0], sends=True, on_commit=True)
        elif name == "on_commit":
            on_commit = True
            yield from (_Step(argument, sends=False, on_commit=True) for argument in node.args)
        else:
            yield _Step(node.func, sends=False, on_commit=on_commit)
    for child in ast.iter_child_nodes(node):
        yield from _steps(child, later, on_commit=on_commit)


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
