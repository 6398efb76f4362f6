"""What decides whether, or how often, a piece of code runs."""

from __future__ import annotations

import ast

from truss_base.plan.hot.syntax import Tries, callee, walked

JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
"""After these, what follows does not run."""

DECIDING = (
    *(ast.If, ast.While, ast.IfExp, ast.For, ast.AsyncFor, ast.Match, ast.BoolOp, ast.ListComp),
    *(ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.With, ast.AsyncWith, *Tries),
)
"""These decide whether, or how often, their parts run."""

_RAISING = (ast.Attribute, ast.Await, ast.BinOp, ast.Call, ast.Subscript)
_SUPPRESSING = frozenset({"suppress"})


def conditions(node: ast.AST) -> list[ast.expr]:
    """What decides whether, or how often, the parts of `node` run."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return [node.test]
    if isinstance(node, ast.For | ast.AsyncFor):
        return [node.iter]
    if isinstance(node, ast.Match):
        return [node.subject, *(case.guard for case in node.cases if case.guard is not None)]
    if isinstance(node, ast.BoolOp):
        return node.values[:-1]
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return [part for each in node.generators for part in (each.iter, *each.ifs)]
    return []


def decided_by_raising(node: ast.AST) -> dict[int, list[ast.expr]]:
    """What decides whether the handlers of a `try`, and its `else`, run, or the rest of a block
    that ends quietly: by their `id`."""
    if isinstance(node, Tries):
        types = [handler.type for handler in node.handlers if handler.type is not None]
        deciding = [*raising(node.body), *types]
        return {id(part): deciding for part in (*node.handlers, *node.orelse)}
    if isinstance(node, ast.With | ast.AsyncWith) and any(map(_suppresses, node.items)):
        deciding = raising(node.body)
        return {id(part): deciding for part in node.body}
    return {}


def raising(body: list[ast.stmt]) -> list[ast.expr]:
    """What in a block may raise."""
    nodes = [node for part in body for node in walked(part)]
    found: list[ast.expr] = [node for node in nodes if isinstance(node, _RAISING)]
    return found + [node.exc for node in nodes if isinstance(node, ast.Raise) and node.exc]


def _suppresses(item: ast.withitem) -> bool:
    return callee(item.context_expr)[-1] in _SUPPRESSING
