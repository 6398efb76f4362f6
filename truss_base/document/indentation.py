"""How lines are indented, and which first key of a section is indented as it should not be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from truss_base.document.compose import Problem

if TYPE_CHECKING:
    from truss_base.document.lines import LineIndex

KEY = re.compile(r"\s*(?:- +)*(?P<word>[^\s:#'\"\[\]{}-][^:#]*)(?P<rest>:(?:\s|$).*)?(?:#.*)?$")
"""A line with a key, or with what may be one without its colon."""


def odd_first(lines: LineIndex, line: int) -> Problem | None:
    """The first key of a section where its indentation, not that of the next ones, is the odd one.

    Seen from `line`, which fits nowhere: the line above that is indented less opened the section.
    """
    indent = indent_of(lines, line)
    first = less_indented(lines, line, indent)
    if first is None:
        return None
    above = line_above(lines, first)
    if above is None or not lines.line_text(above).rstrip().endswith(":"):
        return None
    outer, inner = indent_of(lines, above), indent_of(lines, first)
    unit = lines.indent_unit
    if inner <= outer or (inner - outer) == unit or (indent - outer) != unit:
        return None
    match = KEY.match(lines.line_text(first))
    start = lines.starts[first] + inner
    end = lines.starts[first] + word_end(match) if match else start + 1
    message = "this key is indented differently from the ones below it"
    return Problem(start, max(end, start + 1), message)


def deeper_first(lines: LineIndex, line: int) -> Problem | None:
    """The first key of a section where it alone is indented further than `line` and the rest."""
    indent = indent_of(lines, line)
    opener = less_indented(lines, line, indent)
    outer = indent_of(lines, opener) if opener is not None else -lines.indent_unit
    first = line_below(lines, opener if opener is not None else -1)
    if first is None or first >= line or indent - outer != lines.indent_unit:
        return None
    inner = indent_of(lines, first)
    following = line_below(lines, first)
    while following is not None and following < line and indent_of(lines, following) > inner:
        following = line_below(lines, following)
    match = KEY.match(lines.line_text(first))
    if inner <= indent or following != line or match is None:
        return None
    start = lines.starts[first] + inner
    message = "this key is indented further than the ones below it"
    return Problem(start, max(lines.starts[first] + word_end(match), start + 1), message)


def less_indented(lines: LineIndex, line: int, indent: int) -> int | None:
    """The next line above that is indented by less than `indent`."""
    above = line_above(lines, line)
    while above is not None and indent_of(lines, above) >= indent:
        above = line_above(lines, above)
    return above


def indent_of(lines: LineIndex, line: int) -> int:
    """The characters of a line before its content."""
    text = lines.line_text(line)
    return len(text) - len(text.lstrip())


def line_below(lines: LineIndex, line: int) -> int | None:
    """The next line with more than a comment."""
    for below in range(line + 1, len(lines)):
        text = lines.line_text(below).strip()
        if text and not text.startswith("#"):
            return below
    return None


def line_above(lines: LineIndex, line: int) -> int | None:
    """The last line before with more than a comment."""
    for above in range(line - 1, -1, -1):
        text = lines.line_text(above).strip()
        if text and not text.startswith("#"):
            return above
    return None


def word_end(match: re.Match[str]) -> int:
    """Where the key of a matched line ends."""
    return match.start("word") + len(match["word"].rstrip())
