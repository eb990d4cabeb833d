"""Whether a module that was not imported would have had something to connect."""

import ast
from pathlib import Path


def connects(file: Path, packages: set[str]) -> bool:
    """Whether it has receivers, as its source says. Declarations of signals are none.

    Nor is what connects to something that comes from none of these packages: other libraries have signals of their own.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    foreign = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] not in packages
        for alias in node.names
    }
    return any(_connects(node, foreign) for node in ast.walk(tree))


def _connects(node: ast.AST, foreign: set[str]) -> bool:
    if isinstance(node, ast.Call):
        return _is_connect(node.func, foreign)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    if any(
        isinstance(name, ast.Name) and name.id in foreign for each in node.decorator_list for name in ast.walk(each)
    ):
        return False
    named = {argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)}
    return node.args.kwarg is not None and bool(named & {"sender", "signal", "instance"})


def _is_connect(called: ast.expr, foreign: set[str]) -> bool:
    """``@receiver(…)`` or ``….connect(…)``."""
    if isinstance(called, ast.Name):
        return called.id == "receiver"
    if not isinstance(called, ast.Attribute) or called.attr != "connect":
        return False
    return not (isinstance(called.value, ast.Name) and called.value.id in foreign)
