"""Tabs where the loader refuses them although libyaml would not.

The loader reads with the Python parser, which takes a tab only inside quotes, block scalars and
comments. What is read here with libyaml has to be refused for the same tabs.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from truss_base.document.compose import Problem
from truss_base.document.nodes import Scalar, parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.document.lines import LineIndex
    from truss_base.document.nodes import Node

_MOST_PROBLEMS = 20


def misplaced_tabs(text: str, lines: LineIndex, root: Node | None) -> Iterator[Problem]:
    """The first tab on every line that has one outside of quotes, block scalars and comments."""
    if "\t" not in text or root is None:
        return
    ranges = sorted(_free_ranges(text, root))
    starts = [start for start, _ in ranges]
    count = 0
    for line in range(len(lines)):
        start, end = lines.span(line)
        at = _first_tab(text, start, end, ranges, starts)
        if at is not None:
            yield Problem(at, at + 1, "a tab can only be inside quotes: use spaces", "tab")
            count += 1
            if count == _MOST_PROBLEMS:
                return


def _first_tab(
    text: str, start: int, end: int, ranges: list[tuple[int, int]], starts: list[int]
) -> int | None:
    index = text.find("\t", start, end)
    if index < 0:
        return None
    at = start
    while at < end:
        covering = bisect_right(starts, at) - 1
        if covering >= 0 and at < ranges[covering][1]:
            at = ranges[covering][1]
        elif text[at] == "#" and (at == start or text[at - 1] in " \t"):
            return None
        elif text[at] == "\t":
            return at
        else:
            at += 1
    return None


def _free_ranges(text: str, root: Node) -> Iterator[tuple[int, int]]:
    """Where a tab is content: quoted scalars, and block scalars after their first line."""
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if not isinstance(node, Scalar):
            pending.extend(parts(node))
        elif node.style in ("'", '"'):
            yield node.start, node.end
        elif node.style in ("|", ">"):
            header = text.find("\n", node.start, node.end)
            if header >= 0:
                yield header, node.end
