"""From libyaml's words to the place and the message a person needs.

libyaml reports where it gave up, often a line after the fault: a forgotten colon shows on the next
line, an open quote at the end of the file. The cause is found again from the text.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from truss_base.document.compose import Problem
from truss_base.document.indentation import (
    KEY,
    deeper_first,
    indent_of,
    less_indented,
    line_above,
    odd_first,
    word_end,
)

if TYPE_CHECKING:
    from truss_base.document.compose import Composition
    from truss_base.document.lines import LineIndex

_QUOTES = ("'", '"')
_QUOTED_VALUE = re.compile(r"\s*(?:- +)*(?:[\w.-]+:\s+)?(?P<quote>['\"])")
_BRACKET_BEHIND = re.compile(r"[\[\]{}]")
_NEWKEY = re.compile(r"\s*(?:- +)?[\w.-]+:(?:\s|$)")
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
    above = line_above(lines, line)
    if above is not None and lines.line_text(above).lstrip().startswith("- "):
        # A list under a key without a colon reads on as the text of that key.
        opener = less_indented(lines, above, indent_of(lines, above))
        missing = _missing_colon(lines, opener) if opener is not None else None
        if missing and opener is not None and len(lines.line_text(opener).split()) == 1:
            return missing
    if above is not None:
        missing = _missing_colon(lines, above)
        is_word = len(lines.line_text(above).split()) == 1
        if missing and (is_word or indent_of(lines, above) >= indent_of(lines, line)):
            return missing
    key = start + indent_of(lines, line)
    odd = odd_first(lines, line)
    if odd is not None:
        return odd
    message = "this key is indented further than its neighbours"
    return Problem(key, max(found.mark, key + 1), message)


def _missing_colon(lines: LineIndex, line: int) -> Problem | None:
    start, _ = lines.span(line)
    text = lines.line_text(line)
    glued = _NO_SPACE.match(text)
    if glued is not None:
        at = start + glued.end() - 1
        return Problem(at, at + 1, f"a space is missing after '{glued['key']}:'", missing=" ")
    match = KEY.match(text)
    if match is None or match["rest"]:
        return None
    word = match["word"].split()[0]
    at = start + match.start("word")
    return Problem(at, at + len(word), f"a ':' is missing after '{word}'", missing=":")


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
    key = start + indent_of(lines, line)
    if text[found.mark - 1 : found.mark] in _QUOTES:
        opened = _opening_above(lines, line, text[found.mark - 1])
        if opened is not None:
            return Problem(opened, opened + 1, "this quote is not closed on its line")
    if found.mark > key and text[key:].startswith(("'", '"', "[", "{")):
        return Problem(found.mark, found.mark + 1, "nothing can follow a closed value here")
    above = line_above(lines, line)
    if above is not None and "#" in lines.line_text(above):
        # Behind a comment the text of a line without a colon does not read on.
        missing = _missing_colon(lines, above)
        if missing and indent_of(lines, above) == indent_of(lines, line):
            return missing
    match = KEY.match(lines.line_text(line))
    end = start + word_end(match) if match else found.mark + 1
    message = "the indentation of this line fits no line above it"
    odd = odd_first(lines, line) or deeper_first(lines, line)
    if odd is not None:
        return odd
    if text[key : key + 1] == "-":
        return Problem(key, key + 1, "a list entry where a key is expected")
    return Problem(key, max(end, key + 1), message)


def _opening_above(lines: LineIndex, line: int, quote: str) -> int | None:
    """Where a quoted value that ends on this line began, if that was on a line above."""
    for above in range(line - 1, -1, -1):
        text = lines.line_text(above)
        if text.count(quote) % 2:
            match = _QUOTED_VALUE.match(text)
            is_start = match is not None and match["quote"] == quote
            return lines.starts[above] + match.start("quote") if match and is_start else None
    return None


def _after_the_document(text: str, lines: LineIndex, found: Composition) -> Problem:
    """Text behind the only document there can be: mostly its first key is indented."""
    line = lines.line_at(found.mark)
    start, end = _token(text, lines, found.mark)
    message = "nothing can follow here: is the indentation above right?"
    return deeper_first(lines, line) or Problem(start, end, message)


def _open_quote(text: str, lines: LineIndex, found: Composition) -> Problem:
    at = found.context if found.context is not None else found.mark
    quote = text[at : at + 1]
    for line in range(lines.line_at(at)):
        match = _QUOTED_VALUE.match(lines.line_text(line))
        if match is None or match["quote"] != quote or lines.line_text(line).count(quote) % 2 == 0:
            continue
        # Quotes below pair up the wrong way round, and the last one is left over.
        if _NEWKEY.match(lines.line_text(line + 1)):
            at = lines.starts[line] + match.start("quote")
            break
    return Problem(at, at + 1, "this quote is never closed")


def _open_flow(text: str, lines: LineIndex, found: Composition) -> Problem:
    at = found.context if found.context is not None else found.mark
    closing = {"[": "]", "{": "}"}.get(text[at : at + 1], "]")
    return Problem(at, at + 1, f"this {text[at : at + 1]!r} is never closed with {closing!r}")


def _no_entry(text: str, lines: LineIndex, found: Composition) -> Problem:
    """A comma too many; or the text ends within brackets, as it does while they are typed."""
    if text[found.mark :].strip():
        return Problem(found.mark, found.mark + 1, "a value is missing here")
    at = _innermost_open(text)
    if at is None:
        return Problem(max(len(text) - 1, 0), len(text), "a value is missing at the end")
    return _open_flow(text, lines, replace(found, context=at))


def _innermost_open(text: str) -> int | None:
    closed = 0
    for match in _BRACKET_BEHIND.finditer(text[::-1]):
        closed += 1 if match[0] in "]}" else -1
        if closed < 0:
            return len(text) - match.end()
    return None


def _bad_start(text: str, lines: LineIndex, found: Composition) -> Problem:
    character = text[found.mark : found.mark + 1]
    if character == "\t":
        message = "a tab cannot indent: use spaces"
        return Problem(found.mark, found.mark + 1, message, "tab")
    message = f"a value cannot start with {character!r}: put quotes around it"
    return Problem(found.mark, found.mark + 1, message)


# The first pattern that is part of libyaml's "context problem" decides.
_RULES = (
    ("quoted scalar", _open_quote),
    ("flow sequence", _open_flow),
    ("flow mapping", _open_flow),
    ("flow node", _no_entry),
    ("simple key", _simple_key),
    ("mapping values are not allowed", _no_value_here),
    ("cannot start any token", _bad_start),
    ("tab character", _bad_start),
    ("<document start>", _after_the_document),
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
