"""What is being typed: a key, a value, an entry of a list, or a comment.

By lines and characters and not by nodes: what is being completed rarely parses yet.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from lsp_server.features.completion.flow import Opening, opening, scan
from lsp_server.features.outline import KEY, block_below, needs_dash, parents, siblings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lsp_server.snapshot import Snapshot

_DASHES = r"(?P<before> *(?:- +)*)"
_KEY = re.compile(rf"{_DASHES}(?P<word>[\w.-]*)")
_VALUE = re.compile(rf"{_DASHES}(?P<key>{KEY}):(?P<gap> *)(?P<quote>['\"]?)(?P<word>[^\s#'\"]*)")
_ITEM = re.compile(r"(?P<before> *(?:- +)+)(?P<quote>['\"]?)(?P<word>[^#'\"]*)")
_COMMENT = re.compile(r"(?:[^#'\"]*\s|)(?P<word>#[^#]*)")


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor in a config.

    ``path`` leads to the mapping of a key, to the key of a value, to the list of an item.
    ``word`` was typed so far; ``start`` to ``end`` are the characters that a choice replaces.
    ``written`` are the keys beside it. ``lead`` has to stand before a choice: the space behind a
    colon, a dash, a new line. ``gap`` was typed before the word and goes with it.
    ``column`` is that of the key, ``margin`` what its line is indented by.
    ``needs_dash``: in a list it would be the entry's first line, and no dash stands there.
    """

    kind: Literal["key", "value", "item", "comment"]
    path: tuple[str, ...]
    word: str
    start: int
    end: int
    written: frozenset[str] = frozenset()
    lead: str = ""
    quote: str = ""
    has_colon: bool = False
    column: int = 0
    margin: int = 0
    flow: bool = False
    gap: str = ""
    needs_dash: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """The line of the cursor, split where it stands."""

    lines: Sequence[str]
    number: int
    start: int
    before: str
    after: str

    def place(
        self,
        kind: Literal["key", "value", "item", "comment"],
        path: tuple[str, ...],
        word: str,
        rest: str,
        *,
        written: frozenset[str] = frozenset(),
        lead: str = "",
        quote: str = "",
        has_colon: bool = False,
        column: int = 0,
        flow: bool = False,
        needs_dash: bool = False,
    ) -> Place:
        """A place whose word ends where the pattern ``rest`` does after the cursor."""
        cursor = self.start + len(self.before)
        match = re.match(rf"[^{quote}]*" if quote else rest, self.after)
        end = cursor + (match.end() if match else 0)
        start = cursor - len(word)
        margin = len(self.before) - len(self.before.lstrip(" "))
        return Place(
            kind,
            path,
            word,
            start,
            end,
            written,
            lead,
            quote,
            has_colon,
            column,
            margin,
            flow,
            needs_dash=needs_dash,
        )


def place_at(snapshot: Snapshot, index: int) -> Place | None:
    """None inside long texts, and where only free text can stand."""
    number = snapshot.lines.line_at(index)
    start, end = snapshot.lines.span(number)
    lines = snapshot.lines.texts
    line = _Line(lines, number, start, snapshot.text[start:index], snapshot.text[index:end])
    if match := _COMMENT.fullmatch(line.before):
        return line.place("comment", (), match["word"], r".*")
    if (open_at := opening(lines, number, line.before)) is not None:
        return _in_flow(line, open_at)
    return _in_block(line)


def _in_block(line: _Line) -> Place | None:
    if match := _VALUE.fullmatch(line.before):
        path = parents(line.lines, line.number, match["before"])
        lead = "" if match["gap"] else " "
        if path is None or (match["quote"] and not match["gap"]):
            return None
        named = (*path, match["key"].strip("'\""))
        column = match.start("key")
        return line.place(
            "value",
            named,
            match["word"],
            r"[^\s#]*",
            lead=lead,
            quote=match["quote"],
            column=column,
        )
    if match := _KEY.fullmatch(line.before):
        return _key(line, match)
    if match := _ITEM.fullmatch(line.before):
        path = parents(line.lines, line.number, match["before"])
        if path is not None:
            return line.place("item", path, match["word"], r"[^#]*", quote=match["quote"])
    return None


def _key(line: _Line, match: re.Match[str]) -> Place | None:
    """A key, or the entry of a list: which of the two only the definitions can tell."""
    path = parents(line.lines, line.number, match["before"])
    if path is None:
        return None
    written = frozenset(siblings(line.lines, line.number, match["before"]))
    rest = re.match(r"[\w.-]*", line.after)
    has_colon = line.after[rest.end() if rest else 0 :].startswith(":")
    return line.place(
        "key",
        path,
        match["word"],
        r"[\w.-]*",
        written=written,
        has_colon=has_colon,
        column=len(match["before"]),
        needs_dash=needs_dash(line.lines, line.number, match["before"]),
    )


def as_item(place: Place) -> Place:
    """The same characters as the entry of a list."""
    return replace(place, kind="item", written=frozenset(), has_colon=False)


def below(snapshot: Snapshot, value: Place) -> Place | None:
    """The first line of a key's block, for who asks behind the key; None where a value stands."""
    number = snapshot.lines.line_at(value.start)
    start, end = snapshot.lines.span(number)
    if value.flow or value.quote or snapshot.text[value.end : end].strip():
        return None
    column, written = block_below(snapshot.lines.texts, number, value.column)
    indent = value.column + snapshot.lines.indent_unit if column is None else column
    colon = snapshot.text.rindex(":", start, value.start)
    return replace(
        value,
        kind="key",
        start=colon + 1,
        written=frozenset(written),
        lead=f"{snapshot.lines.newline}{' ' * indent}",
        gap=snapshot.text[colon + 1 : value.start],
        needs_dash=True,
    )


def _in_flow(line: _Line, open_at: Opening) -> Place | None:
    """Inside braces or brackets that are still open at the cursor."""
    around = parents(line.lines, open_at.number, open_at.before)
    text = "\n".join([*line.lines[open_at.number : line.number], line.before])
    state = scan(text[open_at.column :]) if around is not None else None
    if around is None or state is None:
        return None
    path = (*around, *((open_at.key,) if open_at.key else ()), *state.path)
    rest = re.match(r"[\w.-]*", line.after)
    has_colon = line.after[rest.end() if rest else 0 :].lstrip().startswith(":")
    written = state.written | set(re.findall(r"([\w.-]+)\s*:", line.after.partition("}")[0]))
    return line.place(
        state.kind,
        path,
        state.word,
        r"[^\s,\]}#:]*",
        written=frozenset(written),
        lead=state.lead,
        quote=state.quote,
        has_colon=has_colon,
        flow=True,
    )
