"""Where a line of YAML stands among the keys around it, told from indentation alone.

For completion: what is being typed rarely parses, and its indentation says what is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Keys as they are written in a config: plain, or in quotes as in JSON.
KEY = r"(?:[\w.-]+|'[\w.-]+'|\"[\w.-]+\")"
_LINE = re.compile(
    r"(?P<indent> *)(?P<dashes>(?:- +)*)"
    rf"(?:(?P<key>{KEY}):(?: +|$)(?P<opens>(?:[&!]\S+ *)*(?:#.*)?$)?)?"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the column of its list dash, the column of its content, and its key.

    ``opens``: nothing follows the key, so that deeper lines are its value.
    """

    dash: int | None
    column: int
    key: str | None
    opens: bool

    @classmethod
    def of(cls, text: str) -> Line | None:
        """None for blank lines and comments."""
        if not text.strip() or text.lstrip().startswith("#"):
            return None
        match = _LINE.match(text)
        assert match is not None, "every part of the pattern may be absent"
        indent, dashes = len(match["indent"]), len(match["dashes"])
        dash = indent if dashes else None
        key = match["key"].strip("'\"") if match["key"] else None
        return cls(dash, indent + dashes, key, match["opens"] is not None)


def parents(lines: Sequence[str], number: int, before: str) -> tuple[str, ...] | None:
    """Keys that enclose what is typed after ``before`` on a line, outermost first.

    ``before`` is its indentation and its dashes. None where no key can stand: inside a text, or
    below a key that has a value already.
    """
    path: list[str] = []
    item = "-" in before
    column = before.index("-") if item else len(before)
    for line in _outlines(reversed(lines[:number])):
        if column == 0 and not item:
            break
        if not item and line.column == column and line.dash is not None:
            item, column = True, line.dash  # the line that begins the entry we are in
        elif _encloses(line, column, item=item):
            if line.key is None or not line.opens:
                return None
            path.append(line.key)
            item = line.dash is not None
            column = line.column if line.dash is None else line.dash
    return tuple(reversed(path))


def siblings(lines: Sequence[str], number: int, before: str) -> set[str]:
    """Keys beside what is typed after ``before``. Its dash, if any, begins an entry of its own."""
    found: set[str] = set()
    column = len(before)
    above = () if "-" in before else reversed(lines[:number])
    for line in _outlines(above):
        if line.column < column:
            break
        if line.column == column:
            found.add(line.key or "")
            if line.dash is not None:
                break
    for line in _outlines(lines[number + 1 :]):
        if line.column < column or (line.dash is not None and line.dash < column):
            break
        if line.column == column:
            found.add(line.key or "")
    return found


def needs_dash(lines: Sequence[str], number: int, before: str) -> bool:
    """Whether what is typed after ``before`` would be a new entry, were its block a list."""
    if "-" in before:
        return False
    column = len(before)
    for line in _outlines(reversed(lines[:number])):
        if line.column == column and line.dash is not None:
            return False
        if line.column < column:
            return True
    return True


def block_below(lines: Sequence[str], number: int, column: int) -> tuple[int | None, set[str]]:
    """Where the block of a line's key starts, and its keys; None where nothing is below yet."""
    first = next(iter(_outlines(lines[number + 1 :])), None)
    if first is None:
        return None, set()
    at = first.column if first.dash is None else first.dash
    if at < column or (at == column and first.dash is None):
        return None, set()
    return at, siblings(lines, number, " " * at) if first.dash is None else set()


def _encloses(line: Line, column: int, *, item: bool) -> bool:
    """Whether a line above holds a block (of keys, or of list items) that starts at a column.

    A list may stand at the column of the key it belongs to.
    """
    if not item:
        return line.column < column
    if line.dash is None:
        return line.column <= column
    return line.dash < column


def _outlines(lines: Iterable[str]) -> Iterable[Line]:
    return (line for text in lines if (line := Line.of(text)) is not None)
