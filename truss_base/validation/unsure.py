"""Which findings in a text with faults of syntax may be made up by those faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.document import Mapping, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Sequence as AnySequence

    from truss_base.document import Document, Problem
    from truss_base.validation.findings import Finding

# What a fault of syntax makes up: keys that a repair has lost are not missing.
_UNSURE_AFTER_REPAIR = ("missing-key", "conflict", "ignored")


def unsure_findings(
    document: Document, problems: AnySequence[Problem]
) -> Callable[[Finding], bool]:
    """Tells of each finding whether it may be made up."""
    ranges = {(problem.start, problem.end) for problem in problems}
    swallowed = [area for problem in problems for area in _swallowed(document, problem.start)]

    def is_unsure(finding: Finding) -> bool:
        if document.repaired and finding.code in _UNSURE_AFTER_REPAIR:
            return True
        if (finding.start, finding.end) in ranges:
            return True
        if any(start <= finding.start < end for start, end in swallowed):
            return True
        first, last = map(document.lines.line_at, (finding.start, finding.end))
        return any(first <= line <= last for line in document.repaired)

    return is_unsure


def _swallowed(document: Document, index: int) -> Iterator[tuple[int, int]]:
    """What follows a fault within brackets: their end is where a repair put it, and what lies
    between may have been meant to stand outside. One that is never closed has no end of its own."""
    path, _ = document.path_at(index)
    for length in range(len(path) + 1):
        node = document.node(path[:length])
        if isinstance(node, Mapping) and node.flow:
            yield index, max([node.end, *(entry.value.end for entry in node.entries[-1:])])
        elif isinstance(node, Sequence) and node.flow:
            yield index, max([node.end, *(item.end for item in node.items[-1:])])
