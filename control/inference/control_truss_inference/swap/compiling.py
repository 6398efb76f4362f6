"""The statements of a new source that a swap executes, as code objects."""

from __future__ import annotations
import __future__

import ast
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Iterator, Sequence

from ..importer import named_syntax_errors

if TYPE_CHECKING:
    from .document import Choice, ModuleSwap

# The name by which a class finds what it takes over, in the globals of its module while that is
# executed.
CARRIED = "__control_truss_carried__"

_DEFINING = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True)
class Segment:
    """Neighbouring statements. `defines` says that they make definitions rather than import."""

    code: CodeType
    defines: bool


@dataclass(frozen=True)
class CompiledModule:
    """Holds no syntax tree: trees are large, and this lives as long as the swap is prepared."""

    source: bytes
    docstring: str | None
    segments: tuple[Segment, ...]


def compile_statements(source: bytes, path: str, swap: ModuleSwap) -> CompiledModule:
    """Compiles the statements that `swap` executes. Raises SyntaxError."""
    with named_syntax_errors(path):
        tree = ast.parse(source, path)
        flags = _future_flags(tree)
        chosen = [_narrowed(statement, swap) for statement in _chosen(tree.body, swap.choice)]
        segments = tuple(
            Segment(_compiled(statements, path, flags), defines)
            for defines, statements in _runs(chosen)
        )
    return CompiledModule(source, ast.get_docstring(tree, clean=False), segments)


def _chosen(body: list[ast.stmt], choice: Choice) -> list[ast.stmt]:
    return [body[index] for index in sorted(choice.execute)]


def _narrowed(statement: ast.stmt, swap: ModuleSwap) -> ast.stmt:
    """A class of which only a part is executed begins with what it takes over."""
    if not isinstance(statement, ast.ClassDef) or statement.name not in swap.classes:
        return statement
    kept = _chosen(statement.body, swap.classes[statement.name])
    taking_over = ast.parse(f"locals().update({CARRIED}[{statement.name!r}])").body
    for node in taking_over:
        for inner in ast.walk(node):
            ast.copy_location(inner, statement)
    statement.body = [*taking_over, *kept]
    return statement


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags


def _runs(statements: Sequence[ast.stmt]) -> Iterator[tuple[bool, list[ast.stmt]]]:
    run: list[ast.stmt] = []
    kind = False
    for statement in statements:
        defines = _defines(statement)
        if run and defines is not kind:
            yield kind, run
            run = []
        kind = defines
        run.append(statement)
    if run:
        yield kind, run


def _defines(statement: ast.stmt) -> bool:
    if isinstance(statement, _DEFINING):
        return True
    return any(isinstance(node, ast.ClassDef) for node in ast.walk(statement))


def _compiled(statements: list[ast.stmt], path: str, flags: int) -> CodeType:
    module = ast.Module(body=statements, type_ignores=[])
    code: CodeType = compile(module, path, "exec", flags, dont_inherit=True)
    return code
