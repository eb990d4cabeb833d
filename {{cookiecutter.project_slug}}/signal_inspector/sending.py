"""What a function sends, as its source says."""

import ast
import inspect
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


def sendings(receiver: Callable[..., Any]) -> list[Sending]:
    """What a receiver sends, in the order of its source: each signal once. A hint, as no source is run.

    Calls of functions of the project are followed, so far as they are called by a name that the module knows.
    """
    function = function_of(receiver)
    if function is None:
        return []
    found = _sendings(function, DEPTH, set())
    return list({(sending.name, sending.on_commit): sending for sending in found}.values())


def _sendings(function: FunctionType, depth: int, seen: set[FunctionType]) -> Iterator[Sending]:
    node = _node_of(function)
    if node is None or function in seen:
        return
    seen.add(function)
    scope = _scope_of(function, node)
    for call in _in_order(node):
        if isinstance(call.func, ast.Attribute) and call.func.attr in SENDING:
            yield from _told(_resolve(call.func.value, scope), on_commit=False)
        elif _name_of(call.func) == "send_on_commit" and call.args:
            yield from _told(_resolve(call.args[0], scope), on_commit=True)
        elif depth:
            called = _resolve(call.func, scope)
            if isinstance(called, FunctionType) and belongs_to_project(called.__code__.co_filename):
                yield from _sendings(called, depth - 1, seen)


def _told(signal: object, *, on_commit: bool) -> Iterator[Sending]:
    if isinstance(signal, Signal):
        yield Sending(signal, signal_name(signal), on_commit)


def _in_order(node: ast.AST) -> Iterator[ast.Call]:
    """The calls in a function, as they are written."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    return iter(sorted(calls, key=lambda call: (call.lineno, call.col_offset)))


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _scope_of(function: FunctionType, node: ast.AST) -> dict[str, Any]:
    """What names mean in a function: its module's, those that it closes over, and those that it imports itself."""
    scope = dict(function.__globals__)
    scope |= inspect.getclosurevars(function).nonlocals
    for each in ast.walk(node):
        if isinstance(each, ast.ImportFrom) and not each.level:
            module = sys.modules.get(each.module or "")
            for alias in each.names:
                found = getattr(module, alias.name, sys.modules.get(f"{each.module}.{alias.name}"))
                scope[alias.asname or alias.name] = found
    return scope


def _resolve(node: ast.expr, scope: dict[str, Any]) -> Any:
    """What a name, or a dotted name of modules and classes, stands for; None if that cannot be told without running."""
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolve(node.value, scope)
        return vars(owner).get(node.attr) if isinstance(owner, (ModuleType, type)) else None
    return None


def _node_of(function: FunctionType) -> ast.AST | None:
    code = function.__code__
    return _functions_in(code.co_filename).get((code.co_firstlineno, code.co_name))


@lru_cache(maxsize=512)
def _functions_in(file: str) -> dict[tuple[int, str], ast.AST]:
    """The functions that a file's source defines, by first line and name."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return {}
    found: dict[tuple[int, str], ast.AST] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[min([node.lineno, *(each.lineno for each in node.decorator_list)]), node.name] = node
        elif isinstance(node, ast.Lambda):
            found.setdefault((node.lineno, "<lambda>"), node)
    return found
