"""What is read off a statement of a module or of a class, without looking at its parts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from truss_base.plan.definitions import Function
from truss_base.plan.hot.facts import Kind
from truss_base.plan.hot.syntax import MUTATORS, Decorated, children, dotted, import_target

if TYPE_CHECKING:
    from collections.abc import Iterator


def never_runs(statement: ast.stmt) -> bool:
    """Docstrings, and what runs for scripts and type checkers only."""
    if is_text(statement) or isinstance(statement, ast.Pass):
        return True
    if not isinstance(statement, ast.If) or statement.orelse:
        return False
    test = statement.test
    if isinstance(test, ast.Compare):
        parts = [test.left, *test.comparators]
        named = any(isinstance(part, ast.Name) and part.id == "__name__" for part in parts)
        main = any(isinstance(part, ast.Constant) and part.value == "__main__" for part in parts)
        return named and main and isinstance(test.ops[0], ast.Eq)
    return dotted(test) in (("TYPE_CHECKING",), ("typing", "TYPE_CHECKING"))


def is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def first_line(node: ast.stmt) -> int:
    if isinstance(node, Decorated) and node.decorator_list:
        return node.decorator_list[0].lineno
    return node.lineno


def one_import(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(statement, ast.Import):
        part: ast.stmt = ast.Import([alias])
    else:
        part = ast.ImportFrom(statement.module, [alias], statement.level)
    return ast.copy_location(part, statement)


def kind_of(statement: ast.stmt) -> Kind:
    if isinstance(statement, Function):
        return Kind.FUNCTION
    if isinstance(statement, ast.ClassDef):
        return Kind.CLASS
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        return Kind.VARIABLE
    return Kind.COMPOUND


def bound_names(statement: ast.AST) -> Iterator[str]:
    """The names that a statement binds where it stands."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        yield statement.name
        return
    if isinstance(statement, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
        return
    if isinstance(statement, ast.Import | ast.ImportFrom):
        yield from (import_target(statement, alias)[0] for alias in statement.names)
        return
    if isinstance(statement, ast.Name) and not isinstance(statement.ctx, ast.Load):
        yield statement.id
    for child in children(statement):
        yield from bound_names(child)


def filled_name(statement: ast.stmt) -> str | None:
    """The variable that a statement such as `X["a"] = 1` or `X.append(1)` fills."""
    target: ast.AST | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        target = target.value if isinstance(target, ast.Subscript) else None
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and function.attr in MUTATORS:
            target = function.value
    return target.id if isinstance(target, ast.Name) else None
