"""What operators and statements call that name no method: `a + b` is `a.__add__(b)`, perhaps."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.plan.hot.changes import parsed
from truss_base.plan.hot.keeping.bindings import Bindings
from truss_base.plan.hot.keeping.conditions import raising
from truss_base.plan.hot.keeping.slices import Slice, Slices
from truss_base.plan.hot.learnt import LEARNT
from truss_base.plan.hot.syntax import children, walked

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

_ARITHMETIC = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.MatMult: "matmul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.BitAnd: "and",
}
_COMPARISON = {
    ast.Eq: ("eq",),
    ast.NotEq: ("ne", "eq"),
    ast.In: ("contains",),
    ast.NotIn: ("contains",),
    ast.Lt: ("lt", "gt"),
    ast.Gt: ("gt", "lt"),
    ast.LtE: ("le", "ge"),
    ast.GtE: ("ge", "le"),
}
_WORDS = {
    *(kind + word for word in _ARITHMETIC.values() for kind in ("", "i", "r")),
    *(word for words in _COMPARISON.values() for word in words),
    *("getitem", "setitem", "delitem", "format", "exit", "aexit", "setattr"),
}
METHODS = frozenset(f"__{word}__" for word in _WORDS)
"""The methods that operators and statements give a value."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One of `methods` is called with a value."""

    methods: frozenset[str]
    value: Slice


@LEARNT.remembered
def operations_of(text: str, methods: Set[str], *, member: bool) -> tuple[Operation, ...]:
    """The operations in the source of one definition that may call some of `methods`."""
    statement = parsed(text)
    nodes = walked(statement)
    slices = Slices(Bindings.of(statement, nodes, member=member))
    return tuple(
        Operation(frozenset(called), slices.of(_values(node), node))
        for node in nodes
        if (called := {f"__{word}__" for word in _words(node)} & methods)
    )


def _words(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.BinOp | ast.AugAssign):
        word = _ARITHMETIC[type(node.op)]
        yield from (word, f"r{word}", f"i{word}")
    elif isinstance(node, ast.Compare):
        yield from (word for kind in node.ops for word in _COMPARISON.get(type(kind), ()))
    elif isinstance(node, ast.Subscript):
        yield from ("getitem", "setitem", "delitem")
    elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        yield "format"
    elif isinstance(node, ast.With | ast.AsyncWith):
        yield from ("exit", "aexit")
    elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        yield "setattr"


def _values(node: ast.AST) -> list[ast.AST]:
    if isinstance(node, ast.With | ast.AsyncWith):
        return [*raising(node.body)]
    return children(node)
