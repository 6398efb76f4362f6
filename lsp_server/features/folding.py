"""Folding of blocks and comments, and selections that grow from a value to its block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.items import Fold, Position, Range
from truss_base.document import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.snapshot import Snapshot
    from truss_base.document import Node

MOST_FOLDS = 5_000


def folds(snapshot: Snapshot) -> tuple[Fold, ...]:
    """Blocks behind their key's line, and comments of several lines; of a config only."""
    if not snapshot.is_config:
        return ()
    blocks = list(_blocks(snapshot))[:MOST_FOLDS]
    return (*blocks, *_comments(snapshot))


def _blocks(snapshot: Snapshot) -> Iterator[Fold]:
    waiting: list[Node] = [snapshot.document.root] if snapshot.document.root else []
    line_at = snapshot.lines.line_at
    while waiting:
        node = waiting.pop()
        for head, value in _held(node):
            first, last = line_at(head.start), line_at(max(value.start, value.end - 1))
            if last > first:
                yield Fold(first, last)
            waiting.append(value)


def _held(node: Node) -> Iterator[tuple[Node, Node]]:
    if isinstance(node, Mapping):
        yield from ((entry.key, entry.value) for entry in node.entries)
    elif isinstance(node, Sequence):
        yield from ((item, item) for item in node.items)


def _comments(snapshot: Snapshot) -> Iterator[Fold]:
    """Neighbouring lines of comment; a text that has such lines in it folds as a block already."""
    texts = _text_lines(snapshot)
    first: int | None = None
    for number in range(len(snapshot.lines) + 1):
        inside = number < len(snapshot.lines) and number not in texts
        if inside and snapshot.lines.line_text(number).lstrip().startswith("#"):
            first = number if first is None else first
            continue
        if first is not None and number - first > 1:
            yield Fold(first, number - 1, comment=True)
        first = None


def _text_lines(snapshot: Snapshot) -> set[int]:
    """Lines inside values of several lines: a `#` there is no comment."""
    found: set[int] = set()
    waiting: list[Node] = [snapshot.document.root] if snapshot.document.root else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            first, last = map(snapshot.lines.line_at, (node.start, max(node.start, node.end - 1)))
            found.update(range(first + 1, last + 1))
        waiting.extend(child for pair in _held(node) for child in dict.fromkeys(pair))
    return found


def selection(snapshot: Snapshot, position: Position) -> tuple[Range, ...]:
    """Ranges around a position, the smallest first: word or value, entry, block, …, the text."""
    index = snapshot.index(position)
    spans = [(index, index), *_around(snapshot, index), (0, len(snapshot.text))]
    kept = [spans[0]]
    for start, end in spans[1:]:
        if (start, end) != kept[-1] and start <= kept[-1][0] and kept[-1][1] <= end:
            kept.append((start, end))
    return tuple(snapshot.range(start, end) for start, end in kept[1:] or kept)


def _around(snapshot: Snapshot, index: int) -> list[tuple[int, int]]:
    """The nodes that hold a character, innermost first, each key with its value between."""
    found: list[tuple[int, int]] = []
    node = snapshot.document.root if snapshot.is_config else None
    while node is not None:
        found.append((node.start, node.end))
        inner = None
        for head, value in _held(node):
            if head.start <= index <= max(head.end, value.end):
                found.append((head.start, max(head.end, value.end)))
                inner = head if index <= head.end else value
                break
        node = inner
    return found[::-1]
