"""The characters that the nodes of a Python text take."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from truss_base.document import LineIndex

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator


class Places:
    """Character indexes of nodes; within quotes, of what was parsed of the text between them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = LineIndex(text)
        self._quoted: int | None = None

    def start(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        return self._index(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self._index(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def _index(self, line: int, column: int) -> int:
        if self._quoted is not None:
            return self._quoted + column
        return self._lines.index(line - 1, column, "utf-8")

    def words(self, name: str, start: int, end: int) -> Iterator[int]:
        """Where a name stands as a word of its own; of some statements no node tells it."""
        for found in re.compile(rf"\b{name}\b").finditer(self._text, start, end):
            yield found.start()

    def inside(self, node: ast.Constant) -> int | None:
        """Where a text begins behind its quote; None where it is not spelt letter by letter."""
        start, end = self.start(node), self.end(node)
        value = str(node.value)
        spelt = value.isascii() and "\n" not in value
        at = self._text.find(value, start, end) if spelt else -1
        return at if at > start and end - at - len(value) == 1 else None

    @contextmanager
    def within(self, start: int) -> Iterator[None]:
        """Nodes are of the text between quotes that begins at `start`, which is plain ASCII."""
        self._quoted = start
        yield
        self._quoted = None

    @property
    def is_quoted(self) -> bool:
        return self._quoted is not None
