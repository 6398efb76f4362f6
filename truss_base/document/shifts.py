"""Edits of a text, and the way back from positions in the edited text to the original one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.document.nodes import Alias, Scalar, parts

if TYPE_CHECKING:
    from truss_base.document.nodes import Node


@dataclass(frozen=True, slots=True)
class Splice:
    """`text[start:end]` becomes `replacement`."""

    start: int
    end: int
    replacement: str

    @property
    def growth(self) -> int:
        """By how much the text becomes longer."""
        return len(self.replacement) - (self.end - self.start)

    def apply(self, text: str) -> str:
        """The edited text."""
        return text[: self.start] + self.replacement + text[self.end :]


class Shifts:
    """Splices made one after the other, each in the text the ones before it had left."""

    def __init__(self, splices: Iterable[Splice] = ()) -> None:
        self._splices = list(splices)

    def add(self, splice: Splice) -> None:
        """One more splice; one that keeps all positions is not worth remembering."""
        if splice.growth:
            self._splices.append(splice)

    def back(self, index: int) -> int:
        """A position in the original text; within a replacement, the nearest end of what it was."""
        for splice in reversed(self._splices):
            if index >= splice.start + len(splice.replacement):
                index -= splice.growth
            elif index > splice.start:
                index = min(index, splice.end)
        return index

    def move(self, root: Node) -> None:
        """Moves a node and everything in it to the original positions."""
        if not self._splices:
            return
        # Composition leaves each node in one place of the tree: an alias does not hold its target.
        untouched = min(splice.start for splice in self._splices)
        pending = [root]
        while pending:
            node = pending.pop()
            if node.end <= untouched:
                continue
            node.start, node.end = self.back(node.start), self.back(node.end)
            if not isinstance(node, (Scalar, Alias)):
                pending.extend(parts(node))
