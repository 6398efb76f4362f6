"""Remedies as edits: minimal, and in the style of the text around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.faults import Remedy
from truss_base.config.fields import lookup
from truss_base.document import Mapping, Scalar, resolve
from truss_base.document.scalars import TEXT, tag_of
from truss_base.validation.findings import Edit, Fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Fault
    from truss_base.document import Document


def fixes_for(document: Document, fault: Fault) -> tuple[Fix, ...]:
    """What an editor can offer for a fault, the best first."""
    return tuple(_FIXERS[fault.remedy](document, fault)) if fault.remedy in _FIXERS else ()


def _rename(document: Document, fault: Fault) -> Iterator[Fix]:
    entry = document.entry(fault.path)
    if entry is None:
        return
    only = len(fault.suggestions) == 1
    for name in fault.suggestions:
        edit = Edit(entry.key.start, entry.key.end, name)
        yield Fix(f"Rename to `{name}`", (edit,), preferred=only)


def _replace(document: Document, fault: Fault) -> Iterator[Fix]:
    node = document.node(fault.path)
    if not isinstance(node, Scalar) or node.start >= node.end:
        return
    only = len(fault.suggestions) == 1
    for text in fault.suggestions:
        new = written(text, node.style)
        yield Fix(f"Change to {new}", (Edit(node.start, node.end, new),), preferred=only)


def _quote(document: Document, fault: Fault) -> Iterator[Fix]:
    node = document.node(fault.path)
    if not isinstance(node, Scalar) or not node.is_plain or node.start >= node.end:
        return
    new = written(document.text[node.start : node.end], "'")
    yield Fix(f"Put quotes around it: {new}", (Edit(node.start, node.end, new),), preferred=True)


def _remove(document: Document, fault: Fault) -> Iterator[Fix]:
    entry = document.entry(fault.path)
    if entry is None:
        return
    lines = document.lines
    first, last = lines.line_at(entry.key.start), lines.line_at(max(entry.value.end - 1, 0))
    start = lines.starts[first]
    if document.text[start : entry.key.start].strip():
        return
    end = lines.starts[last + 1] if last + 1 < len(lines) else len(document.text)
    yield Fix(f"Remove `{fault.path[-1]}`", (Edit(start, end, ""),), preferred=True)


def _insert(document: Document, fault: Fault) -> Iterator[Fix]:
    """A line for the missing key below the last one of its section, indented like the first."""
    name = fault.suggestions[0]
    node = document.node(fault.path)
    section = resolve(node) if node is not None else None
    field = lookup((*fault.path, name), document.data)
    if not isinstance(section, Mapping) or section.flow or not section.entries or field is None:
        return
    example = field.example if field.example is not None else field.default
    if not isinstance(example, (str, int, float)):
        return
    lines = document.lines
    first = section.entries[0].key.start
    indent = " " * (first - lines.starts[lines.line_at(first)])
    end = lines.span(lines.line_at(max(section.end - 1, section.start)))[1]
    value = written(example, "") if isinstance(example, str) else str(example).lower()
    newline = "\r\n" if "\r\n" in document.text else "\n"
    edit = Edit(end, end, f"{newline}{indent}{name}: {value}")
    yield Fix(f"Add `{name}`", (edit,))


_FIXERS = {
    Remedy.RENAME: _rename,
    Remedy.REPLACE: _replace,
    Remedy.QUOTE: _quote,
    Remedy.REMOVE: _remove,
    Remedy.INSERT: _insert,
}


def written(text: str, style: str) -> str:
    """Text as a YAML scalar: in the given quotes, or plain where plain text would stay text."""
    if style == '"' and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    if style == "" and _stays_text(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def _stays_text(text: str) -> bool:
    if not text or text != text.strip() or text[0] in "&*!|>%@`'\"#,[]{}?:-":
        return False
    if ": " in text or " #" in text or text.endswith(":") or not text.isprintable():
        return False
    return tag_of(Scalar(0, len(text), text, "", None)) == TEXT
