"""The outline of a config: its keys with their values."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from lsp_server.items import Symbol
from lsp_server.text import one_line
from truss_base.document import Alias, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.items import SymbolKind
    from lsp_server.snapshot import Snapshot
    from truss_base.document import Node

MOST_SYMBOLS = 5_000  # an outline of more makes editors slow
DEEPEST = 40
LONGEST_DETAIL = 60
_WORDS: dict[str, SymbolKind] = {"true": "boolean", "false": "boolean", "null": "null", "": "null"}


def symbols(snapshot: Snapshot) -> tuple[Symbol, ...]:
    """None for files that are no config: their own servers know better."""
    root = snapshot.document.root if snapshot.is_config else None
    return tuple(_children(snapshot, root, 0, count())) if root is not None else ()


def _children(snapshot: Snapshot, node: Node, depth: int, made: count[int]) -> Iterator[Symbol]:
    """What an alias stands for is listed where it is written."""
    for name, at, value in _parts(node) if depth < DEEPEST else ():
        if next(made) >= MOST_SYMBOLS:
            return
        yield Symbol(
            name=name or '""',  # editors refuse an empty name
            detail=detail if (detail := _detail(value)) != name else "",
            kind=_kind(value),
            range=snapshot.range(at.start, max(at.end, value.end)),
            name_range=snapshot.range(at.start, at.end if at is not value else at.start),
            children=tuple(_children(snapshot, value, depth + 1, made)),
        )


def _parts(node: Node) -> Iterator[tuple[str, Node, Node]]:
    """Name, the node that bears it, and its value, of everything right inside a collection."""
    if isinstance(node, Mapping):
        for entry in node.entries:
            if isinstance(entry.key, Scalar):
                yield entry.key.text, entry.key, entry.value
    elif isinstance(node, Sequence):
        yield from ((_title(item, index), item, item) for index, item in enumerate(node.items))


def _title(item: Node, index: int) -> str:
    """An entry of a list is known by what it says, by its first key, or by its number."""
    if isinstance(item, Scalar) and item.text.strip():
        return one_line(item.text, LONGEST_DETAIL)
    if isinstance(item, Mapping) and item.entries:
        first = item.entries[0]
        if isinstance(first.key, Scalar) and isinstance(first.value, Scalar):
            return one_line(f"{first.key.text}: {first.value.text}", LONGEST_DETAIL)
    return f"[{index}]"


def _detail(value: Node) -> str:
    if isinstance(value, Scalar):
        return one_line(value.text, LONGEST_DETAIL)
    if isinstance(value, Alias):
        return f"*{value.name}"
    number = len(value.items) if isinstance(value, Sequence) else len(value.entries)
    return (
        f"{number} {'entry' if number == 1 else 'entries'}" if isinstance(value, Sequence) else ""
    )


def _kind(value: Node) -> SymbolKind:
    if isinstance(value, Mapping):
        return "block"
    if isinstance(value, Sequence):
        return "list"
    if isinstance(value, Alias) or not value.is_plain:
        return "text"
    if (word := _WORDS.get(value.text.lower())) is not None:
        return word
    return "number" if value.text.replace(".", "", 1).isdigit() else "text"
