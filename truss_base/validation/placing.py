"""From paths to places: the smallest honest range of a fault in the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.config.faults import At
from truss_base.document import Document, Mapping, Node, Scalar, Sequence, resolve

if TYPE_CHECKING:
    from truss_base.config.faults import Fault, Path

Range = tuple[int, int]


def place(document: Document, fault: Fault) -> Range:
    """Where a fault is: the key, or the value with its quotes."""
    if fault.at is At.KEY:
        return key_range(document, fault.path)
    return value_range(document, fault.path)


def key_range(document: Document, path: Path) -> Range:
    """The key at a path; for a list entry the first key in it, for the root its first key."""
    entry = document.entry(path)
    if entry is not None:
        return span(entry.key)
    node = document.node(path)
    if node is None:
        return key_range(document, path[:-1]) if path else (0, 0)
    target = resolve(node)
    if isinstance(target, Mapping) and target.entries and target is node:
        return span(target.entries[0].key)
    return span(node)


def value_range(document: Document, path: Path) -> Range:
    """The value at a path; where it is empty or runs over several lines, its key."""
    node = document.node(path)
    if node is None:
        return key_range(document, path)
    if _is_compact(document, node):
        return span(node)
    return key_range(document, path)


def _is_compact(document: Document, node: Node) -> bool:
    if node.start >= node.end:
        return False
    if isinstance(node, (Mapping, Sequence)) and not node.flow:
        return document.lines.line_at(node.start) == document.lines.line_at(node.end)
    return not (isinstance(node, Scalar) and node.style in ("|", ">"))


def span(node: Node) -> Range:
    """A node's characters, at least one."""
    return node.start, max(node.end, node.start + 1)
