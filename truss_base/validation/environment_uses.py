"""Which environment variables Python reads by name: `os.environ["NAME"]`, `os.getenv("NAME")`."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

from truss_base.document import LineIndex

_READERS = frozenset({".get", ".pop", ".setdefault"})
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
    nodes = list(ast.walk(tree))
    environs, getters = _called(nodes, "environ"), _called(nodes, "getenv")
    for node in nodes:
        key = _key(node, environs, getters)
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield key


def _called(nodes: Iterable[ast.AST], name: str) -> frozenset[str]:
    """What a member of `os` is called in a file: by itself, imported as, or assigned to."""
    names = {name, f".{name}"}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names.update(one.asname for one in node.names if one.name == name and one.asname)
        elif isinstance(node, ast.Assign) and _named(node.value) in names:
            names.update(_named(target) for target in node.targets)
    return frozenset(names - {""})


def _key(node: ast.AST, environs: frozenset[str], getters: frozenset[str]) -> ast.AST | None:
    """What a node asks the environment for, if it does."""
    if isinstance(node, ast.Subscript) and _named(node.value) in environs:
        return node.slice
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.In, ast.NotIn)):
        return node.left if _named(node.comparators[0]) in environs else None
    if not isinstance(node, ast.Call):
        return None
    asked = node.func.value if isinstance(node.func, ast.Attribute) else None
    if _named(node.func) in _READERS and _named(asked) in environs:
        return _first(node)
    return _first(node) if _named(node.func) in getters else None


def _first(call: ast.Call) -> ast.AST | None:
    """The name that a call asks for, which `os.getenv` also takes as its `key`."""
    named = (one.value for one in call.keywords if one.arg == "key")
    return call.args[0] if call.args else next(named, None)


def _named(node: ast.AST | None) -> str:
    """`environ`, or `.environ` where it is an attribute; "" for what has no name."""
    if isinstance(node, ast.Attribute):
        return f".{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _span(key: ast.Constant, lines: LineIndex) -> Use:
    start = lines.index(key.lineno - 1, key.col_offset, "utf-8")
    last = (key.end_lineno or key.lineno) - 1
    return start, lines.index(last, key.end_col_offset or 0, "utf-8"), str(key.value)
