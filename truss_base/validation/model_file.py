"""The model's file: read as text, never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from truss_base.document import LineIndex, read_text
from truss_base.exceptions import ConfigError
from truss_base.validation.findings import Finding
from truss_base.validation.placing import key_range, value_range

if TYPE_CHECKING:
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_base.document import Document

_ENTRIES = ("predict", "websocket")
_OPENAI = ("chat_completions", "completions", "embeddings", "messages", "responses")


@dataclass(frozen=True, slots=True)
class Outline:
    """What matters of a Python file: its classes' methods, and the secrets it reads.

    A class that inherits may have any method: its methods are None. `others` are the names that
    other statements define, `*` for any. `error` is where and why the
    file is no Python.
    """

    classes: dict[str, tuple[int, int, frozenset[str] | None]]
    secrets: tuple[tuple[int, int, str], ...]
    others: frozenset[str] = frozenset()
    error: tuple[int, int, str] | None = None


def model_findings(
    document: Document, config: TrussConfig, file: Path, relative: str
) -> Iterator[Finding]:
    """What makes the model's file unable to serve."""
    try:
        outline = outline_of(read_text(file))
    except ConfigError as error:
        where = value_range(document, ("model_class_filename",))
        yield Finding(*where, "model-class", "warning", str(error))
        return
    if outline.error is not None:
        start, end, reason = outline.error
        yield Finding(start, end, "model-syntax", "warning", reason, path=relative)
        return
    yield from _class_findings(document, config, outline, relative)
    yield from _secret_findings(config, outline, relative)


def _class_findings(
    document: Document, config: TrussConfig, outline: Outline, relative: str
) -> Iterator[Finding]:
    name = config.model_class_name
    found = outline.classes.get(name)
    if found is None:
        if not outline.others.intersection((name, "*")):
            where = _config_place(document)
            message = f"there is no class `{name}` in {relative}"
            yield Finding(*where, "model-class", "warning", message)
        return
    start, end, methods = found
    if methods is not None and not methods.intersection((*_ENTRIES, *_OPENAI)):
        message = f"`{name}` has no method `predict`"
        yield Finding(start, end, "model-class", "warning", message, path=relative)


def _config_place(document: Document) -> tuple[int, int]:
    for name in ("model_class_name", "model_class_filename"):
        if document.entry((name,)) is not None:
            return value_range(document, (name,))
    return key_range(document, ())


def _secret_findings(config: TrussConfig, outline: Outline, relative: str) -> Iterator[Finding]:
    for start, end, name in outline.secrets:
        if name not in config.secrets:
            message = f"the secret `{name}` is not declared under `secrets` in the config"
            yield Finding(start, end, "secret", "warning", message, path=relative)


@lru_cache(maxsize=16)
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
        return Outline({}, (), error=(start, start + 1, f"no Python: {error.msg}"))
    except (ValueError, RecursionError, MemoryError) as error:
        return Outline({}, (), error=(0, 1, f"no Python: {error}"))
    classes = {}
    others: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            start = lines.index(node.lineno - 1, node.col_offset, "utf-8") + len("class ")
            classes[node.name] = (start, start + len(node.name), _methods(node))
        else:
            others.update(_bound(node))
    return Outline(classes, tuple(_secrets(tree, lines)), frozenset(others))


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


def _secrets(tree: ast.Module, lines: LineIndex) -> Iterator[tuple[int, int, str]]:
    """`self._secrets["name"]`, with any name for the attribute that ends in `secrets`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
            continue
        holder, key = node.value, node.slice
        name = getattr(holder, "attr", getattr(holder, "id", ""))
        if isinstance(key.value, str) and name.lower() in ("_secrets", "secrets"):
            start = lines.index(key.lineno - 1, key.col_offset, "utf-8")
            end = lines.index((key.end_lineno or key.lineno) - 1, key.end_col_offset or 0, "utf-8")
            yield start, end, key.value
