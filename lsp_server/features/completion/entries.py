"""Entries of lists: packages, folders, and values of the definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.completion.packages import REQUIREMENTS, in_the_list
from lsp_server.features.completion.paths import paths
from lsp_server.features.completion.writing import within
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.features.completion.place import Place
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot
    from truss_base.config.containers import ListOf


def items(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """What can stand in a list; nothing where the list is free or unknown."""
    if place.path == REQUIREMENTS:
        yield from in_the_list(snapshot, place, around)
        return
    yield from paths(snapshot, place, around)
    held = list_at(snapshot, place.path)
    for order, choice in enumerate(held.entry.choices if held is not None else ()):
        yield Suggestion(
            label=choice,
            kind="value",
            detail="",
            new_text=f"{place.lead}{within(choice, place.quote)}",
            replace=snapshot.range(place.start, place.end),
            sort=f"{order:03}",
            about=place.path,
        )


def list_at(snapshot: Snapshot, path: tuple[str, ...]) -> ListOf | None:
    """What the definitions say of the list at a path; None where there is none."""
    from truss_base.config import lookup
    from truss_base.config.containers import ListOf, Maybe

    field = lookup(path, snapshot.document.data)
    kind = field.kind if field is not None else None
    while isinstance(kind, Maybe):
        kind = kind.kind
    return kind if isinstance(kind, ListOf) else None
