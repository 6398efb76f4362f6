"""Syntax trees of Python modules, and everything in them that can have a docstring."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Function = (ast.FunctionDef, ast.AsyncFunctionDef)
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class NestedTooDeeply(SyntaxError):
    """The code may be right, and even load; it is too much for the functions here."""

    def __init__(self) -> None:
        super().__init__("nested too deeply")


def parse(source: bytes) -> ast.Module:
    """The syntax tree of a module given as bytes: byte-order marks and encoding cookies count.

    Type comments are part of it, since compilers of Python subsets read them. Raises SyntaxError;
    nesting too deep for the parser is one, too.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the user's escapes, not for our log
        try:
            try:
                tree = ast.parse(source, type_comments=True)
            except SyntaxError:
                # A comment may only look like a type; the code then still parses without.
                tree = ast.parse(source)
        except (RecursionError, MemoryError) as error:
            raise NestedTooDeeply from error
        except ValueError as error:  # a NUL byte, before Python 3.12
            raise SyntaxError(str(error)) from error
    tree.type_ignores = []  # these carry line numbers, and mean nothing when the code runs
    return tree


def dump(node: ast.AST) -> str:
    """The node as text, without positions. Raises SyntaxError for a tree nested too deeply."""
    try:
        return ast.dump(node)
    except RecursionError:
        raise NestedTooDeeply from None


def same_code(old: ast.AST, new: ast.AST) -> bool:
    """Whether two trees mean the same, whatever their docstrings say. Raises SyntaxError for trees
    nested too deeply."""
    try:
        return _same(old, new)
    except RecursionError:
        raise NestedTooDeeply from None


def _same(old: object, new: object) -> bool:
    if type(old) is not type(new):
        return False
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(old, ast.AST):
        return all(_same(_field(old, name), _field(new, name)) for name in old._fields)
    return old == new if isinstance(old, str) else repr(old) == repr(new)  # -0.0 is not 0.0


def _field(node: object, name: str) -> object:
    value = getattr(node, name, None)
    if name == "body" and isinstance(node, Documented) and docstring(node) is not None:
        return node.body[1:]
    return value


def documented(tree: ast.Module) -> Iterator[tuple[str, Documented, bool]]:
    """Everything that can have a docstring: qualified name ("" for the module), node, and whether
    it lies in a class that has base classes, keywords or decorators."""
    yield "", tree, False
    yield from _documented_below(tree, "", False)


def _documented_below(
    node: ast.AST, prefix: str, derived: bool
) -> Iterator[tuple[str, Documented, bool]]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _documented_below(child, prefix, derived)
            continue
        name = f"{prefix}{child.name}"
        yield name, child, derived
        inherits = isinstance(child, ast.ClassDef) and bool(
            child.bases or child.keywords or child.decorator_list
        )
        yield from _documented_below(child, f"{name}.", derived or inherits)


def docstring(node: Documented) -> str | None:
    """The docstring of a definition as written."""
    return ast.get_docstring(node, clean=False)


def without_docstrings(tree: ast.Module) -> ast.Module:
    """The same tree with its docstrings taken out, in place."""
    for _, node, _ in documented(tree):
        if docstring(node) is not None:
            del node.body[0]
    return tree
