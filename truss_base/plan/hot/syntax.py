"""What is read off single pieces of syntax."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.hot.facts import SELF, Import

if TYPE_CHECKING:
    from truss_base.plan.hot.facts import Path

Decorated = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
KEEPERS = frozenset(
    {
        *("add", "append", "appendleft", "cache", "extend", "extendleft", "heappush", "insert"),
        *("memoize", "put", "put_nowait", "push", "record", "register", "remember", "save", "set"),
        *("add_documents", "add_edge", "add_items", "add_node", "add_texts", "enqueue", "ingest"),
        *(
            "setdefault",
            "store",
            "update",
            "upsert",
            "__iadd__",
            "__ior__",
            "__setattr__",
            "__setitem__",
        ),
    }
)
"""Methods that keep what they are given."""

WRITERS = frozenset({"dump", "savez", "tofile", "write", "write_bytes", "write_text", "writelines"})
"""Methods that write what they are given to a file."""

FILLERS = frozenset(
    {
        *(("setattr",), ("delattr",), ("object", "__setattr__"), ("operator", "setitem")),
        *(("setitem",), ("operator", "iadd"), ("operator", "ior"), ("operator", "iconcat")),
        *(("operator", "delitem"), ("heapq", "heappush"), ("heappush",)),
        *(("bisect", "insort"), ("bisect", "insort_left"), ("bisect", "insort_right")),
        *(("insort",), ("insort_left",), ("insort_right",)),
    }
)
"""Functions that change what they are given first."""

MUTATORS = KEEPERS | {
    *("clear", "discard", "move_to_end", "pop", "popitem", "popleft", "remove", "reverse"),
    "sort",
}
"""Methods that change their object."""


Tries: tuple[type[ast.Try], ...] = (ast.Try, getattr(ast, "TryStar", ast.Try))
"""`try` with `except`, and with `except*`, which Python 3.10 does not know."""

# What only says how its node is used: no code of its own.
_MANNERS = frozenset({"arg", "attr", "ctx", "id", "kind", "op", "ops", "type_comment"})


_PARTS = {
    kind: tuple(name for name in kind._fields if name not in _MANNERS)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
_PARTS[ast.Constant] = ()  # its value is no code


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes directly below, in the order of the source, but for contexts and operators."""
    found: list[ast.AST] = []
    for name in _PARTS[type(node)]:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
    return found


def walked(node: ast.AST) -> list[ast.AST]:
    """The node and everything below it, level by level."""
    found = [node]
    for item in found:
        found += children(item)
    return found


def dotted(node: ast.AST) -> Path | None:
    """The path of a dotted name; None for any other expression."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return (node.id, *reversed(attributes))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "super" and attributes:
            return (SELF, *reversed(attributes))
        if node.func.id == "type" and len(node.args) == 1 and attributes:
            inner = dotted(node.args[0])
            return None if inner is None else (*inner, "__class__", *reversed(attributes))
    return None


def import_target(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> tuple[str, Import]:
    """The name that one part of an import statement binds, and what to."""
    if isinstance(node, ast.ImportFrom):
        module = node.module or ""
        return alias.asname or alias.name, Import(module, alias.name, node.level, module)
    if alias.asname:
        return alias.asname, Import(alias.name, loads=alias.name)
    first = alias.name.partition(".")[0]
    return first, Import(first, loads=alias.name)


def parameters(arguments: ast.arguments) -> list[str]:
    """The names of all parameters, the first one first."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [item for item in (arguments.vararg, arguments.kwarg) if item]
    return [item.arg for item in every]


def given(call: ast.Call) -> list[ast.expr]:
    """The values of all arguments of a call."""
    return [*call.args, *(item.value for item in call.keywords)]


def callee(node: ast.expr) -> Path:
    """The path of a decorator or base without its arguments; ("?",) for other expressions."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Subscript):
        node = node.value
    return dotted(node) or ("?",)


def keyword(node: ast.keyword) -> str:
    """A keyword of a class statement as text: "metaclass=abc.ABCMeta"."""
    value = dotted(node.value)
    return f"{node.arg}={'.'.join(value)}" if value else f"{node.arg}"
