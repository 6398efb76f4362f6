"""From the source of a module to its facts: its definitions, each scanned once."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import replace
from typing import TYPE_CHECKING

from truss_base.plan.definitions import NestedTooDeeply, docstring, parse
from truss_base.plan.hot.facts import Definition, Import, Kind, ModuleFacts, Role
from truss_base.plan.hot.reading.editing import EditedFunction, edited_function
from truss_base.plan.hot.reading.reader import Memo, Reader, names_by_place
from truss_base.plan.hot.reading.scan import scan
from truss_base.plan.hot.reading.statements import first_line, is_text
from truss_base.plan.observers import reads_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def module_facts(content: bytes, previous: ModuleFacts | None = None) -> ModuleFacts:
    """Analyses a module. What `previous` has of the same text is reused: where a single function
    differs, nothing else is parsed.

    Raises SyntaxError for a source that does not parse.
    """
    try:
        if previous is not None:
            lines = _lines(content)
            edited = edited_function(previous, lines)
            if edited is not None:
                return _with_function(previous, edited, content, lines)
        return _facts(content, previous)
    except RecursionError:
        raise NestedTooDeeply from None


def _facts(content: bytes, previous: ModuleFacts | None) -> ModuleFacts:
    tree = parse(content)
    lines = _lines(content)
    futures = frozenset(_futures(tree))
    memo = _memo(previous) if previous is not None and previous.futures == futures else {}
    reader = Reader(lines, "annotations" in futures, memo)
    for index, statement in enumerate(tree.body):
        reader.read(statement, index)
    definitions = _with_run_time(reader.definitions())
    return ModuleFacts(
        source="\n".join(lines),
        definitions=definitions,
        statements=names_by_place(reader.statements, len(tree.body)),
        bodies=reader.bodies,
        stars=tuple(reader.stars),
        imports=_imports(definitions),
        futures=futures,
        reads_source=reads_source(content),
        words=_words(definitions),
        interface=_interface(definitions, reader.stars),
        docstrings=dict(_docstrings(tree)),
    )


def _with_function(
    previous: ModuleFacts, edited: EditedFunction, content: bytes, lines: Sequence[str]
) -> ModuleFacts:
    """The facts of a module in which one function differs from `previous`."""
    scanned = scan(
        edited.statement,
        first_line(edited.statement),
        member=bool(edited.before.owner),
        lazy_annotations="annotations" in previous.futures,
    )
    definitions = {
        name: definition if definition.line <= edited.end else _moved(definition, edited.shift)
        for name, definition in previous.definitions.items()
        if definition.places
    }
    changed = replace(edited.before, line=edited.line, texts=(edited.text,), scans=(scanned,))
    definitions[changed.name] = changed
    definitions = _with_run_time(definitions)
    same_names = definitions.keys() == previous.definitions.keys()
    return replace(
        previous,
        source="\n".join(lines),
        definitions=definitions,
        imports=_imports(definitions),
        reads_source=reads_source(content),
        words=_words(definitions),
        interface=previous.interface if same_names else _interface(definitions, previous.stars),
    )


def _moved(definition: Definition, lines: int) -> Definition:
    return replace(definition, line=definition.line + lines) if lines else definition


def _with_run_time(definitions: dict[str, Definition]) -> dict[str, Definition]:
    """Adds the variables that only functions bind, by `global`: they have no statement."""
    names = {
        use.path[0]: definition.line
        for definition in definitions.values()
        for scanned in definition.scans
        for use in scanned.stores
        if use.role is Role.STORE and len(use.path) == 1 and use.path[0] not in definitions
    }
    made = {name: Definition(name, Kind.VARIABLE, (), line, (), ()) for name, line in names.items()}
    return {**definitions, **made}


def _imports(definitions: Mapping[str, Definition]) -> tuple[Import, ...]:
    scans = (found for definition in definitions.values() for found in definition.scans)
    every = (item for found in scans for items in found.imports.values() for item in items)
    return tuple(dict.fromkeys(every))


def _words(definitions: Mapping[str, Definition]) -> frozenset[str]:
    scans = [found for definition in definitions.values() for found in definition.scans]
    used = (part for found in scans for use in found.uses for part in use.path)
    return frozenset(used).union(*(found.attributes for found in scans))


def _interface(definitions: Mapping[str, Definition], stars: Sequence[Import]) -> int:
    imports = (
        (definition.name, *definition.texts)
        for definition in definitions.values()
        if definition.kind in (Kind.IMPORT, Kind.CLASS)
    )
    names = ((definition.name, definition.kind) for definition in definitions.values())
    return hash((frozenset(imports), frozenset(names), tuple(stars)))


def _lines(content: bytes) -> list[str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding, "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _futures(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            yield from (alias.name for alias in node.names)


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    yield "", docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):  # which may have texts below its fields, too
            yield node.name, "\n".join(ast.unparse(text) for text in node.body if is_text(text))


def _memo(previous: ModuleFacts) -> Memo:
    return {
        (definition.name, text): scanned
        for definition in previous.definitions.values()
        for text, scanned in zip(definition.texts, definition.scans, strict=True)
    }
