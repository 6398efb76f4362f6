"""Repair and retry: what a text with a fault of syntax would say without the fault.

So that the other keys stay known while one is being typed. Candidates are small edits around the
problem; the one after which reading gets furthest is kept, and reading tries again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base.document.compose import Composition, compose
from truss_base.document.lines import LineIndex
from truss_base.document.shifts import Shifts, Splice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from truss_base.document.compose import Problem

# How many characters all attempts together may read: a keystroke must stay a keystroke. Less in a
# text that is denser than configs are, as reading costs by the node: there one read of 100 KB fits
# in where the fault was found early, and none where nearly every second character makes a node.
_BUDGET = 300_000
_LEAST_READS = 3
_USUAL_DENSITY = 0.1
_DENSE_BUDGET = 45_000
_MARKS = ":,[{-?\n\r"
_MOST_ATTEMPTS = 40
_MOST_REPAIRS = 8
_LOOK_BACK = 500

_WORD = re.compile(r"(?P<indent>[ \t]*(?:- +)*)(?P<word>[^\s:#'\"\[\]{}][^\s:]*)")
_TABS = re.compile(r"[ \t]*\t[ \t]*")


@dataclass(slots=True)
class Repaired:
    """What reading yielded in the end, in the positions of the original text.

    `lines` are those that were touched: what they say is not what the author meant.
    """

    composition: Composition
    lines: frozenset[int]


def repair(text: str, original: LineIndex, found: Composition, problem: Problem) -> Repaired:
    """Reads on after a fault of syntax, as far as the budget goes."""
    attempts = _Attempts(text, found.mark)
    shifts = Shifts()
    touched: set[int] = set()
    mark = problem.start
    lines = original
    for _ in range(_MOST_REPAIRS):
        best = attempts.best(text, _candidates(text, lines, mark, found.mark))
        if best is None or best.reached <= found.mark:
            break
        splice, found = best.splice, best.composition
        touched.add(original.line_at(shifts.back(splice.start)))
        touched.add(original.line_at(shifts.back(max(splice.end - 1, splice.start))))
        text = splice.apply(text)
        shifts.add(splice)
        if found.problem is None:
            break
        mark = found.mark
        lines = LineIndex(text)
    if found.root is not None:
        shifts.move(found.root)
    return Repaired(found, frozenset(touched))


@dataclass(slots=True)
class _Attempt:
    """What an edit led to: the character of the text before it up to which reading went."""

    reached: float
    splice: Splice
    composition: Composition


class _Attempts:
    """Edits tried out until one mends everything, or the budget is used up."""

    def __init__(self, text: str, already_read: int) -> None:
        marks = sum(text.count(mark) for mark in _MARKS)
        density = max(marks / max(len(text), 1), _USUAL_DENSITY)
        most = max(_BUDGET, _LEAST_READS * len(text))
        in_dense = _DENSE_BUDGET / density - already_read
        self._characters = min(most, max(most * _USUAL_DENSITY / density, in_dense))
        self._left = _MOST_ATTEMPTS

    def best(self, text: str, candidates: Iterator[Splice]) -> _Attempt | None:
        """The edit after which reading gets furthest, the first of equals."""
        best: _Attempt | None = None
        for splice in candidates:
            if self._left == 0 or self._characters < len(text):
                break
            attempt = self._try(text, splice)
            if best is None or attempt.reached > best.reached:
                best = attempt
            if attempt.composition.problem is None:
                break
        return best

    def _try(self, text: str, splice: Splice) -> _Attempt:
        tried = compose(splice.apply(text))
        self._left -= 1
        self._characters -= tried.mark if tried.problem else len(text)
        reached = float("inf") if tried.problem is None else tried.mark - splice.growth
        return _Attempt(reached, splice, tried)


def _candidates(text: str, lines: LineIndex, mark: int, reached: int) -> Iterator[Splice]:
    """Edits that may remove the fault, those that lose least first."""
    seen: set[int] = set()
    for index in (mark, reached):
        line = lines.line_at(index)
        for number in (line, line - 1):
            if 0 <= number < len(lines) and number not in seen:
                seen.add(number)
                yield from _edits_of_line(text, lines, number, index)
    for number in sorted(seen):
        yield from _masks(text, lines, number)


def _edits_of_line(text: str, lines: LineIndex, line: int, index: int) -> Iterator[Splice]:
    start, end = lines.span(line)
    content = text[start:end]
    yield from _without_tabs(lines, line)
    if _is_being_typed(lines, line):
        yield Splice(start, end, " " * (end - start))
    word = _WORD.match(content)
    if word is not None and ": " not in content and not content.rstrip().endswith(":"):
        glued = content[word.end() : word.end() + 1] == ":"
        at = start + word.end() + glued
        yield Splice(at, at, " " if glued else ":")
    for closing in _unclosed(content):
        yield Splice(end, end, closing)
    if start < index < end and text[index : index + 1] == ":":
        yield Splice(index, end, " " * (end - index))
    if content.strip():
        yield from _reindented(lines, line)


def _unclosed(content: str) -> Iterator[str]:
    yield from (quote for quote in ("'", '"') if content.count(quote) % 2)
    for opening, closing in ("[]", "{}"):
        if content.count(opening) > content.count(closing):
            yield closing


def _without_tabs(lines: LineIndex, line: int) -> Iterator[Splice]:
    start, _ = lines.span(line)
    tabs = _TABS.match(lines.line_text(line))
    if tabs is None:
        return
    near = _indent_near(lines, line)
    for level in sorted(_levels_above(lines, line), key=_likeliness(lines, line, near)):
        yield Splice(start, start + tabs.end(), " " * level)


def _is_being_typed(lines: LineIndex, line: int) -> bool:
    """A bare word between a key and what is under that key: no key that lost its colon."""
    if not 0 < line < len(lines) - 1 or len(lines.line_text(line).split()) != 1:
        return False
    above, below = lines.line_text(line - 1), lines.line_text(line + 1)
    return above.rstrip().endswith(":") and _indent(below) > _indent(above)


def _reindented(lines: LineIndex, line: int) -> Iterator[Splice]:
    """The line at one of the levels above it, the likeliest first."""
    start, _ = lines.span(line)
    text = lines.line_text(line)
    now = _indent(text)
    for level in sorted(_levels_above(lines, line) - {now}, key=_likeliness(lines, line, now)):
        yield Splice(start, start + now, " " * level)


def _likeliness(lines: LineIndex, line: int, now: int) -> Callable[[int], tuple[int, int, int]]:
    below = lines.line_text(line + 1) if line + 1 < len(lines) else ""
    opens = lines.line_text(line).rstrip().endswith(":") and below.strip()
    wanted = _indent(below) - lines.indent_unit if opens else None

    def key(level: int) -> tuple[int, int, int]:
        return (wanted is not None and level != wanted, abs(level - now), -level)

    return key


def _levels_above(lines: LineIndex, line: int) -> set[int]:
    levels = {0}
    lowest: int | None = None
    for above in range(line - 1, max(line - _LOOK_BACK, -1), -1):
        text = lines.line_text(above)
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        indent = _indent(text)
        if lowest is None:
            levels.add(indent + lines.indent_unit if text.rstrip().endswith(":") else indent)
        if lowest is None or indent < lowest:
            levels.add(indent)
            lowest = indent
        if lowest == 0:
            break
    return levels


def _masks(text: str, lines: LineIndex, line: int) -> Iterator[Splice]:
    """The line made blank, then with everything that is indented under it."""
    start, end = lines.span(line)
    if not text[start:end].strip():
        return
    yield Splice(start, end, " " * (end - start))
    indent = _indent(text[start:end])
    last = line
    while last + 1 < len(lines):
        below = lines.line_text(last + 1)
        if below.strip() and _indent(below) <= indent:
            break
        last += 1
    if last > line:
        stop = lines.span(last)[1]
        blank = re.sub(r"[^\r\n]", " ", text[start:stop])
        yield Splice(start, stop, blank)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _indent_near(lines: LineIndex, line: int) -> int:
    """The indentation of the nearest line above that has neither a tab nor nothing."""
    for above in range(line - 1, -1, -1):
        text = lines.line_text(above)
        if text.strip() and not text.startswith("\t"):
            deeper = 2 if text.rstrip().endswith(":") else 0
            return _indent(text) + deeper
    return 0
