"""Taking an entry out of a mapping, with its line or its comma, and nothing of its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.document import Mapping, resolve
from truss_base.validation.findings import Edit

if TYPE_CHECKING:
    from truss_base.config.faults import Path
    from truss_base.document import Document, Entry


def removal(document: Document, path: Path) -> Edit | None:
    """The edit that removes a key; None where what is left would be hard to foresee."""
    # A section that is left without a key would be null, which is refused.
    while len(path) > 1 and _is_alone(document, path):
        path = path[:-1]
    entry = document.entry(path)
    return entry_removal(document, entry) if entry is not None else None


def entry_removal(document: Document, entry: Entry) -> Edit | None:
    """The same for one of several entries, of which some may have the same key."""
    path, _ = document.path_at(entry.key.start)
    section = document.node(path[:-1])
    mapping = resolve(section) if section is not None else None
    if isinstance(mapping, Mapping) and mapping.flow:
        # By identity: entries of one key may be equal.
        at = next((n for n, one in enumerate(mapping.entries) if one is entry), None)
        return _in_flow(mapping, at) if at is not None else None
    return _in_block(document, entry)


def _in_flow(section: Mapping, at: int) -> Edit:
    """The characters of an entry between braces, with the comma that it needs no more."""
    entry = section.entries[at]
    if at + 1 < len(section.entries):
        return Edit(entry.key.start, section.entries[at + 1].key.start, "")
    before = section.entries[at - 1].value.end if at else entry.key.start
    return Edit(before, entry.value.end, "")


def _in_block(document: Document, entry: Entry) -> Edit | None:
    lines = document.lines
    first, last = lines.line_at(entry.key.start), lines.line_at(max(entry.value.end - 1, 0))
    start = lines.starts[first]
    if document.text[start : entry.key.start].strip():
        return None
    end = lines.starts[last + 1] if last + 1 < len(lines) else len(document.text)
    if first == last:
        comment = document.text.find("#", entry.value.end, end)
        # What is said beside the entry may be worth more than the entry.
        start, end = (entry.key.start, comment) if comment >= 0 else (start, end)
    return Edit(start, end, "")


def _is_alone(document: Document, path: Path) -> bool:
    section = document.node(path[:-1])
    return isinstance(section, Mapping) and len(section.entries) == 1
