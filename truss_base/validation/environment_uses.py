"""Which environment variables Python reads by name: `os.environ["NAME"]`, `os.getenv("NAME")`."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from functools import lru_cache

from truss_base.document import LineIndex

_READERS = frozenset({"get", "pop", "setdefault"})
Use = tuple[int, int, str]


@lru_cache(maxsize=64)
def environment_uses(text: str) -> tuple[Use, ...]:
    """Where literals name a variable, start, end and name; none of what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the user's escapes, not for our log
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    lines = LineIndex(text)
    return tuple(sorted(_span(key, lines) for key in _keys(tree)))


def _keys(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        key = _key(node)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key


def _key(node: ast.AST) -> ast.AST | None:
    """What a node asks the environment for, if it does."""
    if isinstance(node, ast.Subscript) and _is_named(node.value, "environ"):
        return node.slice
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return node.left if _is_named(node.comparators[0], "environ") else None
    if not isinstance(node, ast.Call) or not node.args:
        return None
    asks = isinstance(node.func, ast.Attribute) and node.func.attr in _READERS
    if asks and _is_named(node.func.value, "environ"):  # type: ignore[attr-defined] # an Attribute
        return node.args[0]
    return node.args[0] if _is_named(node.func, "getenv") else None


def _is_named(node: ast.AST, name: str) -> bool:
    """`os.environ` and, after `from os import environ`, `environ`."""
    if isinstance(node, ast.Attribute):
        return node.attr == name
    return isinstance(node, ast.Name) and node.id == name


def _span(key: ast.Constant, lines: LineIndex) -> Use:
    start = lines.index(key.lineno - 1, key.col_offset, "utf-8")
    last = (key.end_lineno or key.lineno) - 1
    return start, lines.index(last, key.end_col_offset or 0, "utf-8"), str(key.value)
