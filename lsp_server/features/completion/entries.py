"""Entries of lists: values of the definitions, folders, and Python packages for requirements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsp_server.features.completion.paths import paths
from lsp_server.features.completion.writing import within
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lsp_server.features.completion.place import Place
    from lsp_server.features.surroundings import Distribution, Surroundings
    from lsp_server.snapshot import Snapshot
    from truss_base.config.containers import ListOf

REQUIREMENTS = ("requirements",)
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*|")


def items(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """What can stand in a list; nothing where the list is free or unknown."""
    if place.path == REQUIREMENTS:
        yield from _requirements(snapshot, place, around)
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


def _requirements(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """Packages with the versions they have elsewhere, in the order of those."""
    name = _NAME.match(place.word)
    prefix = name[0].lower().replace("_", "-") if name else ""
    written = _required(snapshot) - {prefix}
    fitting = (
        found
        for found in around.distributions()
        if found.name.startswith(prefix) and found.name not in written
    )
    for order, found in enumerate(fitting):
        yield _requirement(snapshot, place, found, order)


def _requirement(snapshot: Snapshot, place: Place, found: Distribution, order: int) -> Suggestion:
    text = f"{found.name}=={found.version}" if found.version else found.name
    return Suggestion(
        label=text,
        kind="package",
        detail=found.where,
        new_text=f"{place.lead}{within(text, place.quote)}",
        replace=snapshot.range(place.start, place.end),
        sort=f"{order:03}",
    )


def _required(snapshot: Snapshot) -> set[str]:
    """Names of the packages that the config asks for already."""
    from truss_base.requirements import project

    data = snapshot.document.data
    written = data.get(REQUIREMENTS[0]) if isinstance(data, dict) else None
    lines = written if isinstance(written, list) else []
    return {name for line in lines if isinstance(line, str) and (name := project(line))}
