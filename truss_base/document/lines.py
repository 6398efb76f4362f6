"""Lines and columns of a text, in the units that clients of an editor protocol count in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import cached_property
from itertools import accumulate
from typing import Literal

from truss_base.document.stricter import BOM

Encoding = Literal["utf-8", "utf-16", "utf-32"]

# What editors take for the end of a line. YAML 1.1 also breaks lines at NEL, LS and PS: its line
# numbers are therefore never used here, only its character indexes.
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
# As many lines show how a text is indented; the rest of a very long one is not looked at.
_TELLING_LINES = 2000


class LineIndex:
    """Where the lines of a text start. Lines and columns count from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = _starts(text)

    def __len__(self) -> int:
        return len(self.starts)

    def line_at(self, index: int) -> int:
        """The line a character is in; its line break belongs to it."""
        return bisect_right(self.starts, max(index, 0)) - 1

    def column(self, index: int) -> int:
        """How many characters stand in front of one on its line; a byte order mark is none."""
        start = self.starts[self.line_at(index)]
        return index - max(start, len(BOM) if self.text.startswith(BOM) else 0)

    def span(self, line: int) -> tuple[int, int]:
        """Start and end of a line, without its line break."""
        start = self.starts[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        return start, end

    def line_text(self, line: int) -> str:
        """The text of a line, without its line break."""
        start, end = self.span(line)
        return self.text[start:end]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Every line, without its line break."""
        return tuple(map(self.line_text, range(len(self))))

    @cached_property
    def newline(self) -> str:
        """How a line that is added should end."""
        return "\r\n" if "\r\n" in self.text else "\n"

    @cached_property
    def indent_unit(self) -> int:
        """By how many spaces lines are mostly indented under the one above; 2 where none is.

        A step of 1 is never the unit: nobody writes so, but a slip of one space is common.
        """
        steps: Counter[int] = Counter()
        before = 0
        for line in range(min(len(self.starts), _TELLING_LINES)):
            text = self.line_text(line)
            content = text.lstrip(" ")
            if content and not content.startswith("#"):
                indent = len(text) - len(content)
                steps[indent - before] += indent > before + 1
                before = indent
        return max(steps, key=lambda step: steps[step], default=2) if steps.total() else 2

    def position(self, index: int, encoding: Encoding = "utf-16") -> tuple[int, int]:
        """Line and column of a character; an index outside the text becomes its nearest end."""
        index = min(max(index, 0), len(self.text))
        line = self.line_at(index)
        return line, _units(self.text[self.starts[line] : index], encoding)

    def index(self, line: int, column: int, encoding: Encoding = "utf-16") -> int:
        """The character at a line and column; one beyond the line's end becomes that end."""
        if line >= len(self.starts):
            return len(self.text)
        start, end = self.span(max(line, 0))
        text = self.text[start:end]
        if encoding == "utf-32" or text.isascii():
            return start + min(max(column, 0), len(text))
        return start + _characters(text, column, encoding)


def _starts(text: str) -> list[int]:
    if "\r" in text:
        return [0, *(match.end() for match in _LINE_BREAK.finditer(text))]
    # The same, in half of the time: nothing but line feeds ends a line here.
    lengths = [len(line) + 1 for line in text.split("\n")]
    return list(accumulate(lengths[:-1], initial=0))


def _units(text: str, encoding: Encoding) -> int:
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(character > "\uffff" for character in text)
    return len(text.encode("utf-8", "surrogatepass"))


def _characters(text: str, column: int, encoding: Encoding) -> int:
    """How many characters fit into `column` units; one that is cut is not counted."""
    units = 0
    for count, character in enumerate(text):
        units += _units(character, encoding)
        if units > column:
            return count
    return len(text)
