"""Where a name stands in a Python text, told from its syntax; the text is never run."""

from __future__ import annotations

import ast
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@lru_cache(maxsize=8)
def parsed(text: str) -> ast.Module | None:
    """The syntax tree; None of what is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the user's escapes, not for our log
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def uses(text: str, name: str) -> tuple[int, ...]:
    """The characters at which a name is used as such, also as an annotation in quotes."""
    from truss_base.document import LineIndex

    tree, lines = parsed(text), LineIndex(text)
    nodes = list(ast.walk(tree)) if tree is not None else []
    named = (node for node in nodes if isinstance(node, ast.Name) and node.id == name)
    quoted = (node for node in _quoted_annotations(nodes) if node.value == name)
    return tuple(
        text.index(name, lines.index(node.lineno - 1, node.col_offset, "utf-8"))
        for node in (*named, *quoted)
    )


def _quoted_annotations(nodes: Iterable[ast.AST]) -> Iterator[ast.Constant]:
    """What stands in quotes because it is defined further below: `def make() -> "Model"`."""
    for node in nodes:
        for said in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                yield said


def names_of(text: str) -> frozenset[str]:
    """Every name that is bound or used in a text, attributes left out."""
    tree = parsed(text)
    found: set[str] = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            found.add(node.name)
    return frozenset(found)


def imported(text: str, module: str, name: str) -> tuple[int, ...]:
    """Where `from … module import name` stands; `module` is the last part of its dotted name."""
    from truss_base.document import LineIndex

    lines = LineIndex(text)
    return tuple(
        lines.index(alias.lineno - 1, alias.col_offset, "utf-8")
        for alias in _aliases(text, module)
        if alias.name == name
    )


def keeps_its_name(text: str, module: str, name: str) -> bool:
    """Whether an imported name is used under the name it was imported by."""
    return any(one.name == name and one.asname is None for one in _aliases(text, module))


def _aliases(text: str, module: str) -> Iterator[ast.alias]:
    tree = parsed(text)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[-1] == module:
            yield from node.names
