"""Definition, references and highlights of the names that config and Python share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsp_server.features.links import link_at
from lsp_server.features.names import Occurrence, same
from lsp_server.items import Location, Position, Range
from lsp_server.uris import uri_of

if TYPE_CHECKING:
    from lsp_server.snapshot import Snapshot
    from lsp_server.view import View

TOP = Range(Position(0, 0), Position(0, 0))


def definition(view: View, file: Snapshot, position: Position) -> tuple[Location, ...]:
    """From a use to the declaration, from a declaration to its uses, from a path to the file."""
    index = file.index(position)
    here, *others = same(view, file, index) or (None,)
    if isinstance(here, Occurrence):
        wanted = [one for one in others if one is not None and one.declares != here.declares]
        return tuple(map(_location, wanted))
    if file.uri == view.config.uri and (link := link_at(view, index)) is not None:
        return (Location(uri_of(link.target), TOP),)
    return ()


def references(
    view: View, file: Snapshot, position: Position, *, declaration: bool
) -> tuple[Location, ...]:
    """Every place of a name, its declaration only if it is asked for."""
    found = same(view, file, file.index(position))
    return tuple(_location(one) for one in found if declaration or not one.declares)


def highlights(view: View, file: Snapshot, position: Position) -> tuple[tuple[Range, bool], ...]:
    """The places of a name in one document, and whether each declares it."""
    found = same(view, file, file.index(position))
    return tuple((one.range, one.declares) for one in found if one.file.uri == file.uri)


def _location(one: Occurrence) -> Location:
    return Location(one.file.uri, one.range)
