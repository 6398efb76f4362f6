"""Completion of keys and values, from the lines around the cursor.

By lines and not by nodes: what is being completed rarely parses yet.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsp_server.features.outline import parents, siblings
from lsp_server.features.reference import describe, summary
from lsp_server.items import Suggestion
from truss_base.document import load
from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsp_server.items import Position, Range
    from lsp_server.snapshot import Snapshot
    from truss_base.config import Field

MAX_ITEMS = 100
_TYPING_KEY = re.compile(r"(?P<before> *(?:- +)*)(?P<word>[\w.-]*)")
_TYPING_VALUE = re.compile(
    r"(?P<before> *(?:- +)*(?P<key>[\w.-]+):)(?P<gap> *)(?P<word>[^\s#'\"]*)"
)


def completion(snapshot: Snapshot, position: Position) -> tuple[Suggestion, ...]:
    """At most 100 suggestions; none outside a Truss's config, in comments and in long text."""
    if not snapshot.is_config:
        return ()
    index = snapshot.index(position)
    number = snapshot.lines.line_at(index)
    start, end = snapshot.lines.span(number)
    before, after = snapshot.text[start:index], snapshot.text[index:end]
    lines = [snapshot.lines.line_text(other) for other in range(len(snapshot.lines))]
    place = _Place(snapshot, lines, number, before, after)
    if match := _TYPING_VALUE.fullmatch(before):
        return tuple(_values(place, match))[:MAX_ITEMS]
    if match := _TYPING_KEY.fullmatch(before):
        return tuple(_keys(place, match))[:MAX_ITEMS]
    return ()


@dataclass(frozen=True, slots=True)
class _Place:
    """The cursor: its line by number, split where it stands."""

    snapshot: Snapshot
    lines: Sequence[str]
    number: int
    before: str
    after: str

    def replace(self, first: int, last: int) -> Range:
        """A part of the cursor's line, by characters."""
        start = self.snapshot.lines.starts[self.number]
        return self.snapshot.range(start + first, start + last)


def _keys(place: _Place, match: re.Match[str]) -> Iterator[Suggestion]:
    from truss_base.config import children

    column = len(match["before"])
    path = parents(place.lines, place.number, match["before"])
    if path is None:
        return
    written = siblings(place.lines, place.number, match["before"])
    rest = re.match(r"[\w.-]*", place.after)
    replaced = place.replace(column, len(place.before) + (rest.end() if rest else 0))
    has_colon = place.after[rest.end() if rest else 0 :].startswith(":")
    fields = children(path, place.snapshot.document.data)
    for order, field in enumerate(field for field in fields if field.name not in written):
        yield Suggestion(
            label=field.name,
            kind="key",
            detail=summary(field),
            documentation=describe((*path, field.name), field),
            new_text=field.name if has_colon else f"{field.name}:{'' if _nests(field) else ' '}",
            replace=replaced,
            sort=f"{_rank(field)}{order:03}",
            deprecated=bool(field.deprecated),
        )


def _values(place: _Place, match: re.Match[str]) -> Iterator[Suggestion]:
    from truss_base.config import lookup

    path = parents(place.lines, place.number, match["before"])
    field = (
        lookup((*path, match["key"]), place.snapshot.document.data) if path is not None else None
    )
    if path is None or field is None:
        return
    rest = re.match(r"[^\s#]*", place.after)
    last = len(place.before) + (rest.end() if rest else 0)
    replaced = place.replace(match.start("word"), last)
    for order, (value, detail) in enumerate(candidates(field).items()):
        yield Suggestion(
            label=value,
            kind="value",
            detail=detail,
            documentation=describe((*path, field.name), field),
            new_text=value if match["gap"] else f" {value}",
            replace=replaced,
            sort=f"{order:03}",
        )


def candidates(field: Field) -> dict[str, str]:
    """Values worth offering → what to say beside each."""
    found: dict[str, str] = {}
    if isinstance(field.default, bool):
        found = {"true": "", "false": ""}
    found |= dict.fromkeys(field.allowed, "")
    if isinstance(field.example, (bool, int, str)):
        found.setdefault(_written(field.example), "example")
    if isinstance(field.default, (bool, int, str)) and field.default != "":
        found[_written(field.default)] = "default"
    return found


def _written(value: bool | int | str) -> str:
    """A value as a config has it: text that YAML would take for something else gets quotes."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        return value if load(value) == value else json.dumps(value)
    except ConfigError:
        return json.dumps(value)


def _nests(field: Field) -> bool:
    return field.section is not None or isinstance(field.default, (list, dict))


def _rank(field: Field) -> int:
    if field.deprecated:
        return 2
    return 0 if field.required else 1
