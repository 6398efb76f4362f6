"""Keys: those the definitions know, and the names that the model's code asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.completion.snippets import snippet
from lsp_server.features.reference import summary
from lsp_server.items import Suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lsp_server.features.completion.place import Place
    from lsp_server.features.surroundings import Surroundings
    from lsp_server.snapshot import Snapshot
    from truss_base.config import Field


def keys(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """Every key that can stand here and does not yet: required ones first, old ones last."""
    from truss_base.config import children

    replaced = snapshot.range(place.start, place.end)
    fields = [
        field
        for field in children(place.path, snapshot.document.data)
        if field.name not in place.written and not {*field.aliases} & place.written
    ]
    for order, field in enumerate(fields):
        yield Suggestion(
            label=field.name,
            kind="key",
            detail=summary(field),
            new_text=f"{place.lead}{_written(field, place)}",
            replace=replaced,
            sort=f"{_rank(field)}{order:03}",
            deprecated=bool(field.deprecated),
            about=(*place.path, field.name),
        )
    # Lines of a block follow the first one's indentation, which a new line has none of.
    if not place.has_colon and not place.flow and "\n" not in place.lead:
        for order, field in enumerate(fields):
            if (block := snippet(snapshot, place, field, f"3{order:03}")) is not None:
                yield block
    if place.path in _FROM_CODE:
        yield from _asked_for(snapshot, place, around)


def _written(field: Field, place: Place) -> str:
    if place.has_colon or place.quote:  # behind a quote that is still open nothing can stand yet
        return field.name
    return f"{field.name}:" if _nests(field) and not place.flow else f"{field.name}: "


def _nests(field: Field) -> bool:
    return field.section is not None or isinstance(field.default, (list, dict))


def _rank(field: Field) -> int:
    if field.deprecated:
        return 4
    return 0 if field.required else 1


def _asked_for(snapshot: Snapshot, place: Place, around: Surroundings) -> Iterator[Suggestion]:
    """Secrets and environment variables that the code reads and nobody has declared yet."""
    view = around.view()
    read, value = _FROM_CODE[place.path]
    names = {name for source in (view.sources if view else ()) for name in read(source.text)}
    for name in sorted(names - place.written):
        yield Suggestion(
            label=name,
            kind="value",
            detail="read in the model's code",
            new_text=name if place.has_colon else f"{place.lead}{name}: {value}",
            replace=snapshot.range(place.start, place.end),
            sort=f"0{name}",
            about=place.path,
        )


def _secrets(text: str) -> set[str]:
    from truss_base.validation.outline import outline_of

    return {name for _, _, name in outline_of(text).secrets.named}


def _variables(text: str) -> set[str]:
    from truss_base.validation.environment_uses import environment_uses

    return {name for _, _, name in environment_uses(text)}


_FROM_CODE: dict[tuple[str, ...], tuple[Callable[[str], set[str]], str]] = {
    ("secrets",): (_secrets, "null"),
    ("environment_variables",): (_variables, ""),
}
