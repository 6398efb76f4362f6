"""From libyaml's words to the place and the message a person needs.

libyaml reports where it gave up, often a line after the fault: a forgotten colon shows on the next
line, an open quote at the end of the file. The cause is found again from the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from truss_base.document.compose import Problem

if TYPE_CHECKING:
    from truss_base.document.compose import Composition
    from truss_base.document.lines import LineIndex

_KEY = re.compile(r"\s*(?:- +)*(?P<word>[^\s:#'\"\[\]{}-][^:#]*?)(?P<rest>\s*:(?:\s|$).*)?$")
_NO_SPACE = re.compile(r"\s*(?:- +)*(?P<key>[\w.-]+):(?=\S)")


def diagnose(text: str, lines: LineIndex, found: Composition) -> Problem:
    """The problem of a composition at its smallest honest range."""
    problem = found.problem
    assert problem is not None
    if problem.kind != "syntax":
        return problem
    for pattern, rule in _RULES:
        if pattern in found.reason:
            return rule(text, lines, found)
    start, end = _token(text, lines, found.mark)
    return Problem(start, end, f"this is no YAML: {_plain(found.reason)}")


def _no_value_here(text: str, lines: LineIndex, found: Composition) -> Problem:
    """A colon where none can be: a wrong indentation, a colon too many, or one missing above."""
    line = lines.line_at(found.mark)
    start, _ = lines.span(line)
    before = text[start : found.mark]
    if ": " in before or before.rstrip().endswith(":"):
        message = "a second ': ' in one line: put quotes around the value"
        return Problem(found.mark, found.mark + 1, message)
    above = _line_above(lines, line)
    if above is not None:
        missing = _missing_colon(lines, above)
        is_word = len(lines.line_text(above).split()) == 1
        if missing and (is_word or _indent(lines, above) >= _indent(lines, line)):
            return missing
    key = start + _indent(lines, line)
    message = "this key is indented further than its neighbours"
    return Problem(key, max(found.mark, key + 1), message)


def _missing_colon(lines: LineIndex, line: int) -> Problem | None:
    start, _ = lines.span(line)
    text = lines.line_text(line)
    glued = _NO_SPACE.match(text)
    if glued is not None:
        at = start + glued.end() - 1
        return Problem(at, at + 1, f"a space is missing after '{glued['key']}:'")
    match = _KEY.match(text)
    if match is None or match["rest"]:
        return None
    word = match["word"].split()[0]
    at = start + match.start("word")
    return Problem(at, at + len(word), f"a ':' is missing after '{word}'")


def _simple_key(text: str, lines: LineIndex, found: Composition) -> Problem:
    at = found.context if found.context is not None else found.mark
    line = lines.line_at(at)
    missing = _missing_colon(lines, line)
    if missing is not None:
        return missing
    start, end = _token(text, lines, at)
    return Problem(start, end, "a ':' is missing after this key")


def _not_a_key(text: str, lines: LineIndex, found: Composition) -> Problem:
    """The end of a block that nothing explains: mostly an indentation between two levels."""
    line = lines.line_at(found.mark)
    start, _ = lines.span(line)
    key = start + _indent(lines, line)
    if found.mark > key and text[key:].startswith(("'", '"', "[", "{")):
        return Problem(found.mark, found.mark + 1, "nothing can follow a closed value here")
    match = _KEY.match(lines.line_text(line))
    end = start + match.end("word") if match else found.mark + 1
    message = "the indentation of this line fits no line above it"
    if text[key : key + 1] == "-":
        return Problem(key, key + 1, "a list entry where a key is expected")
    return Problem(key, max(end, key + 1), message)


def _open_quote(text: str, lines: LineIndex, found: Composition) -> Problem:
    at = found.context if found.context is not None else found.mark
    return Problem(at, at + 1, "this quote is never closed")


def _open_flow(text: str, lines: LineIndex, found: Composition) -> Problem:
    at = found.context if found.context is not None else found.mark
    closing = {"[": "]", "{": "}"}.get(text[at : at + 1], "]")
    return Problem(at, at + 1, f"this {text[at : at + 1]!r} is never closed with {closing!r}")


def _bad_start(text: str, lines: LineIndex, found: Composition) -> Problem:
    character = text[found.mark : found.mark + 1]
    if character == "\t":
        message = "a tab cannot indent: use spaces"
    else:
        message = f"a value cannot start with {character!r}: put quotes around it"
    return Problem(found.mark, found.mark + 1, message)


# The first pattern that is part of libyaml's "context problem" decides.
_RULES = (
    ("quoted scalar", _open_quote),
    ("flow sequence", _open_flow),
    ("flow mapping", _open_flow),
    ("simple key", _simple_key),
    ("mapping values are not allowed", _no_value_here),
    ("cannot start any token", _bad_start),
    ("block mapping", _not_a_key),
    ("block collection", _not_a_key),
)


def _plain(reason: str) -> str:
    return reason.removeprefix("while scanning ").removeprefix("while parsing ")[:120]


def _token(text: str, lines: LineIndex, index: int) -> tuple[int, int]:
    _, end = lines.span(lines.line_at(index))
    index = min(index, end)
    stop = index
    while stop < end and not text[stop].isspace():
        stop += 1
    return index, max(stop, index + 1)


def _indent(lines: LineIndex, line: int) -> int:
    text = lines.line_text(line)
    return len(text) - len(text.lstrip())


def _line_above(lines: LineIndex, line: int) -> int | None:
    for above in range(line - 1, -1, -1):
        text = lines.line_text(above).strip()
        if text and not text.startswith("#"):
            return above
    return None
