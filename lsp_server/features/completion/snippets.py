"""Whole blocks to fill in, made from the examples of the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from lsp_server.features.completion.writing import plain
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from lsp_server.features.completion.place import Place
    from lsp_server.snapshot import Snapshot
    from truss_base.config import Field

MOST_CHOICES = 20


def snippet(snapshot: Snapshot, place: Place, field: Field, sort: str) -> Suggestion | None:
    """A block with a place to fill in per value; None for what has no block to show."""
    example = field.example
    if field.deprecated or not isinstance(example, (dict, list)) or not _holds_keys(example):
        return None
    path = (*place.path, field.name)
    block = _Block(snapshot.document.data, snapshot.lines.indent_unit, count(1))
    # The first line stands at the cursor; editors indent the others like the line it is on.
    pad = " " * (place.column - place.margin)
    lines = [
        f"{place.lead}{field.name}:",
        *(f"{pad}{line}" for line in block.lines(example, path, 1)),
    ]
    return Suggestion(
        label=f"{field.name}: …",
        kind="snippet",
        detail="the whole block",
        new_text="\n".join(lines),
        replace=snapshot.range(place.start, place.end),
        sort=sort,
        filter=field.name,
        about=path,
        snippet=True,
        margin=place.margin,
    )


def _holds_keys(example: dict[str, object] | list[object]) -> bool:
    return bool(example) and (isinstance(example, dict) or isinstance(example[0], dict))


@dataclass(slots=True)
class _Block:
    """Writes an example as YAML whose values are places of a snippet, numbered in order."""

    data: object
    step: int
    numbers: count[int]

    def lines(self, example: object, path: tuple[str, ...], depth: int) -> Iterator[str]:
        pad = " " * (self.step * depth)
        if isinstance(example, dict):
            for key, value in example.items():
                yield from self._entry(pad, str(key), value, (*path, str(key)), depth)
        elif isinstance(example, list):
            for item in example:
                yield from self._item(pad, item, path, depth)

    def _entry(
        self, pad: str, key: str, value: object, path: tuple[str, ...], depth: int
    ) -> Iterator[str]:
        if isinstance(value, (dict, list)) and value:
            yield f"{pad}{key}:"
            yield from self.lines(value, path, depth + 1)
        else:
            yield f"{pad}{key}: {self._stop(value, path)}"

    def _item(self, pad: str, item: object, path: tuple[str, ...], depth: int) -> Iterator[str]:
        if not isinstance(item, dict):
            yield f"{pad}- {self._stop(item, path)}"
            return
        # Two characters of dash and space take the place of two of the indentation.
        inner = list(self.lines(item, path, 0))
        yield from (f"{pad}{'- ' if not n else '  '}{line}" for n, line in enumerate(inner))

    def _stop(self, value: object, path: tuple[str, ...]) -> str:
        """One place to fill in: a choice where the values are few."""
        from truss_base.config import lookup

        field = lookup(path, self.data)
        shown = plain(value)
        choices = field.allowed if field is not None else ()
        number = next(self.numbers)
        if 1 < len(choices) <= MOST_CHOICES and not isinstance(value, list):
            ordered = dict.fromkeys([shown, *map(plain, choices)])
            return f"${{{number}|{','.join(_escaped(one, ',|') for one in ordered)}|}}"
        return f"${{{number}:{_escaped(shown, '}')}}}"


def _escaped(text: str, signs: str) -> str:
    for sign in "\\$" + signs:
        text = text.replace(sign, f"\\{sign}")
    return text
