"""Which secrets a Python text reads: `self._secrets["name"]`, under whatever name they are kept.

The server hands the secrets over as `kwargs["secrets"]` or as a parameter `secrets`; from there on
assignments are followed within the file. Where a holder of secrets goes anywhere else, any secret
may be read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from truss_base.document import LineIndex

_NAMES = frozenset({"secrets", "_secrets"})
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class SecretUses:
    """Every place that names a secret, with its characters; `indexed` are those that need it.

    `any_other`: others may be read too, in a way that cannot be seen here.
    """

    named: tuple[tuple[int, int, str], ...] = ()
    indexed: tuple[tuple[int, int, str], ...] = ()
    any_other: bool = False


NO_SECRETS = SecretUses()


def secret_uses(tree: ast.Module, lines: LineIndex) -> SecretUses:
    """The secrets a module reads."""
    nodes = list(ast.walk(tree))
    holders = _holders(nodes)
    parents = {id(child): node for node in nodes for child in ast.iter_child_nodes(node)}
    named: list[tuple[int, int, str]] = []
    indexed: list[tuple[int, int, str]] = []
    any_other = False
    for node in nodes:
        if not _is_holder(node, holders) or _is_stored(node):
            continue
        use = parents.get(id(node))
        key = _key(use, node, parents)
        if key is not None:
            named.append((*_span(key, lines), str(key.value)))
            if isinstance(use, ast.Subscript):
                indexed.append(named[-1])
        elif not isinstance(use, (ast.Assign, ast.AnnAssign, ast.BoolOp)):
            any_other = True
    return SecretUses(tuple(sorted(named)), tuple(sorted(indexed)), any_other)


def _holders(nodes: list[ast.AST]) -> frozenset[str]:
    """Names of variables and attributes that hold all secrets, and nothing else."""
    assigned = list(_assignments(nodes))
    holders = _NAMES
    for _ in range(_ROUNDS):
        found = {name for name, value in assigned if _is_holder(value, holders)}
        others = {
            name
            for name, value in assigned
            if not _is_holder(value, holders) and not isinstance(value, (ast.Constant, ast.Dict))
        }
        following = (holders | found) - others
        if following == holders:
            break
        holders = frozenset(following)
    return holders


def _assignments(nodes: list[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        else:
            continue
        assert node.value is not None
        for target in targets:
            name = _name(target)
            if name:
                yield name, node.value


def _name(node: ast.AST | None) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_holder(node: ast.AST | None, holders: frozenset[str]) -> bool:
    if isinstance(node, ast.BoolOp):
        return _is_holder(node.values[0], holders)
    if isinstance(node, ast.Subscript):
        return _name(node.value) == "kwargs" and _is_text(node.slice, "secrets")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        named = node.func.attr in ("get", "pop") and _name(node.func.value) == "kwargs"
        return named and _is_text(node.args[0], "secrets")
    return _name(node) in holders


def _is_text(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))


def _key(use: ast.AST | None, node: ast.AST, parents: dict[int, ast.AST]) -> ast.Constant | None:
    """The text a holder is asked for: `holder["x"]`, `holder.get("x")`, `"x" in holder`."""
    key: ast.AST | None = None
    if isinstance(use, ast.Subscript) and use.value is node:
        key = use.slice
    elif isinstance(use, ast.Attribute) and use.attr == "get":
        call = parents.get(id(use))
        key = call.args[0] if isinstance(call, ast.Call) and call.args else None
    elif isinstance(use, ast.Compare) and isinstance(use.ops[0], (ast.In, ast.NotIn)):
        key = use.left
    return key if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _span(node: ast.Constant, lines: LineIndex) -> tuple[int, int]:
    start = lines.index(node.lineno - 1, node.col_offset, "utf-8")
    last = (node.end_lineno or node.lineno) - 1
    return start, lines.index(last, node.end_col_offset or 0, "utf-8")
