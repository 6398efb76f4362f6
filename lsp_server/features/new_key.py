"""A line more in a block of keys, where a person would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.items import TextEdit
from truss_base.document import Mapping, resolve

if TYPE_CHECKING:
    from lsp_server.snapshot import Snapshot


def root_block(snapshot: Snapshot) -> Mapping | None:
    """The config's own keys; None where they are no block (empty, in braces, no keys at all)."""
    root = snapshot.document.root
    mapping = resolve(root) if root is not None else None
    is_block = isinstance(mapping, Mapping) and mapping.entries and not mapping.flow
    return mapping if is_block and isinstance(mapping, Mapping) else None


def appended(snapshot: Snapshot, mapping: Mapping, line: str) -> TextEdit:
    """A line of its own below the last one of a block, indented like the first."""
    lines = snapshot.lines
    first_line, _ = lines.span(lines.line_at(mapping.start))
    indent = snapshot.text[first_line : mapping.start]
    _, end = lines.span(lines.line_at(max(mapping.start, mapping.end - 1)))
    newline = "\r\n" if "\r\n" in snapshot.text else "\n"
    return TextEdit(snapshot.range(end, end), f"{newline}{indent}{line}")
