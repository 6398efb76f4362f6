"""From a place to suggestions."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from lsp_server.features.completion.comments import comments
from lsp_server.features.completion.entries import items, list_at
from lsp_server.features.completion.keys import keys
from lsp_server.features.completion.packages import in_the_file
from lsp_server.features.completion.place import as_item, below, place_at
from lsp_server.features.completion.values import values
from lsp_server.features.reference import describe
from lsp_server.features.surroundings import NOTHING_AROUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lsp_server.features.completion.place import Place
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.items import Position, Suggestion
    from lsp_server.snapshot import Snapshot

MAX_ITEMS = 100


def completion(
    snapshot: Snapshot,
    position: Position,
    around: Surroundings = NOTHING_AROUND,
    *,
    asked: bool = True,
) -> tuple[Suggestion, ...]:
    """At most 100 suggestions, in a Truss's config and its requirements file; none in long text.

    Not ``asked``: a character brought them up, and whoever goes on typing must not be hindered.
    """
    if snapshot.is_config:
        found = _suggestions(snapshot, position, around, asked=asked)
    else:
        found = in_the_file(snapshot, snapshot.index(position), around)
    return tuple(islice(found, MAX_ITEMS))


def _suggestions(
    snapshot: Snapshot, position: Position, around: Surroundings, *, asked: bool
) -> Iterator[Suggestion]:
    place = place_at(snapshot, snapshot.index(position))
    if place is None:
        return
    if place.kind == "comment":
        yield from comments(snapshot, place)
    elif place.kind == "value":
        yield from values(snapshot, place, around, asked=asked)
        if asked and (inner := below(snapshot, place)) is not None:
            for one in _in_block(snapshot, inner, around):
                yield replace(one, filter=f"{inner.gap}{one.filter or one.label}")
    elif place.kind == "item":
        yield from items(snapshot, place, around)
    else:
        yield from _in_block(snapshot, place, around)


def _in_block(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """Keys, or entries of a list: the definitions know which of the two can stand here."""
    is_list = list_at(snapshot, place.path) is not None
    if is_list and place.needs_dash:
        place = replace(place, lead=f"{place.lead}- ", column=place.column + len("- "))
    yield from keys(snapshot, place, around)
    if is_list:
        yield from items(snapshot, as_item(place), around)


def documentation(snapshot: Snapshot, path: Sequence[str]) -> str:
    """What a suggested key or value is about, for when it is looked at; "" where nothing is."""
    from truss_base.config import lookup

    field = lookup(tuple(path), snapshot.document.data)
    return describe(path, field) if field is not None else ""
