"""Positions in test texts: `«range»` and `│` for the cursor, so that no test counts characters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lsprotocol import types

_MARK = re.compile("[«»│]")


@dataclass(frozen=True)
class Marked:
    """A text without its marks, and where they were, as character indexes."""

    text: str
    ranges: tuple[tuple[int, int], ...]
    cursors: tuple[int, ...]

    def position(self, index: int, encoding: str = "utf-16") -> types.Position:
        """LSP position of a character index, worked out independently of the server."""
        before = self.text[:index].replace("\r\n", "\n").replace("\r", "\n")
        line = before.rpartition("\n")[2]
        codec, width = {
            "utf-8": ("utf-8", 1),
            "utf-16": ("utf-16-le", 2),
            "utf-32": ("utf-32-le", 4),
        }[encoding]
        return types.Position(before.count("\n"), len(line.encode(codec, "surrogatepass")) // width)

    def lsp_ranges(self, encoding: str = "utf-16") -> list[types.Range]:
        return [
            types.Range(self.position(start, encoding), self.position(end, encoding))
            for start, end in self.ranges
        ]

    @property
    def cursor(self) -> types.Range:
        at = self.position(self.cursors[0])
        return types.Range(at, at)


def marked(source: str) -> Marked:
    text, starts, ranges, cursors = "", [], [], []
    last = 0
    for match in _MARK.finditer(source):
        text += source[last : match.start()]
        last = match.end()
        if match.group() == "«":
            starts.append(len(text))
        elif match.group() == "»":
            ranges.append((starts.pop(), len(text)))
        else:
            cursors.append(len(text))
    text += source[last:]
    return Marked(text, tuple(sorted(ranges)), tuple(cursors))
