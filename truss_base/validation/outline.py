"""What matters of a Python file, read as text and never run: classes, secrets, imports."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from truss_base.document import LineIndex
from truss_base.validation.secret_uses import NO_SECRETS, SecretUses, secret_uses

# What only matters when something is missing: its imports are no requirement.
_OPTIONAL = (ast.Try,)


@dataclass(frozen=True, slots=True)
class Place:
    """A name in a Python text, and the characters it is meant at."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Outline:
    """The outline of a Python file.

    A class that inherits may have any method: its methods are None. `others` are the names that
    other statements define, `*` for any. `imports` are the top-level modules that are imported
    wherever that is no attempt. `error` is where and why the file is no Python.
    """

    classes: dict[str, tuple[Place, frozenset[str] | None]]
    others: frozenset[str] = frozenset()
    secrets: SecretUses = NO_SECRETS
    imports: tuple[Place, ...] = ()
    error: Place | None = None


@lru_cache(maxsize=64)
def outline_of(text: str) -> Outline:
    """The outline of a Python text."""
    lines = LineIndex(text)
    try:
        with warnings.catch_warnings():
            # What Python would warn of is not ours to print, nor to raise.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        line, column = max((error.lineno or 1) - 1, 0), max((error.offset or 1) - 1, 0)
        start = lines.index(line, column, "utf-32")
        return Outline({}, error=Place(start, start + 1, f"no Python: {error.msg}"))
    except (ValueError, RecursionError, MemoryError) as error:
        return Outline({}, error=Place(0, 1, f"no Python: {error}"))
    classes = {}
    others: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            keyword = lines.index(node.lineno - 1, node.col_offset, "utf-8")
            start = max(text.find(node.name, keyword + len("class ")), keyword)
            classes[node.name] = (Place(start, start + len(node.name), node.name), _methods(node))
        else:
            others.update(_bound(node))
    secrets = secret_uses(tree, lines)
    return Outline(classes, frozenset(others), secrets, tuple(_imports(tree, lines)))


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module may define; `*` for any."""
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name


def _methods(node: ast.ClassDef) -> frozenset[str] | None:
    if node.bases or node.keywords or node.decorator_list:
        return None
    names = set()
    for item in node.body:
        if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(item.name)
        elif isinstance(item, ast.Assign):
            names.update(target.id for target in item.targets if isinstance(target, ast.Name))
        elif not isinstance(item, (ast.Expr, ast.AnnAssign, ast.Pass)):
            return None
    return frozenset(names)


def _imports(tree: ast.Module, lines: LineIndex) -> Iterator[Place]:
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, (*_OPTIONAL, ast.If)):
            # An attempt, or for some platform or type checker only: nothing is sure.
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imported(node, lines)
        pending.extend(ast.iter_child_nodes(node))


def _imported(node: ast.Import | ast.ImportFrom, lines: LineIndex) -> Iterator[Place]:
    if isinstance(node, ast.ImportFrom):
        names = [node.module] if node.module and not node.level else []
        at = lines.index(node.lineno - 1, node.col_offset, "utf-8") + len("from ")
        yield from (Place(at, at + len(name), name.split(".")[0]) for name in names)
        return
    for alias in node.names:
        at = lines.index(alias.lineno - 1, alias.col_offset, "utf-8")
        yield Place(at, at + len(alias.name), alias.name.split(".")[0])
