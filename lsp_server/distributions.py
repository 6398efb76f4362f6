"""Python packages near a document: in its container, beside the server, in other Trusses."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING

from lsp_server.features.surroundings import Distribution
from lsp_server.view import View, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lsp_server.documents import Documents
    from lsp_server.snapshot import Snapshot
    from lsp_server.workspace import Trusses

CONTAINER = "in the running container"
# The server is mostly installed beside the project's own packages.
EDITOR = f"in this editor's Python {sys.version_info.major}.{sys.version_info.minor}"


def versions(name: str, container: Mapping[str, str] | None) -> list[tuple[str, str | None]]:
    """Where a package could be installed, and its version there: what runs counts first."""
    from truss_base.distributions import installed

    running = [(CONTAINER, container.get(name))] if container is not None else []
    return [*running, (EDITOR, installed(sys.path).get(name))]


def distributions(
    snapshot: Snapshot,
    documents: Documents,
    trusses: Trusses,
    container: Mapping[str, str] | None,
) -> list[Distribution]:
    """Each version once, with everything that has it, by name; last what only the editor has."""
    from truss_base.distributions import installed

    places: dict[tuple[str, str], list[str]] = {}
    for name, version, where in chain(
        ((*found, CONTAINER) for found in (container or {}).items()),
        _required_elsewhere(snapshot, documents, trusses),
        ((*found, EDITOR) for found in installed(sys.path).items()),
    ):
        places.setdefault((name, version), []).append(where)
    ordered = sorted(places, key=lambda found: (places[found] == [EDITOR], found[0]))
    return [Distribution(*found, ", ".join(places[found])) for found in ordered]


def _required_elsewhere(
    snapshot: Snapshot, documents: Documents, trusses: Trusses
) -> Iterator[tuple[str, str, str]]:
    """The pins of the other Trusses of this session."""
    for folder in trusses.known():
        view = view_of(folder, documents) if folder != snapshot.truss else None
        for name, version in dict.fromkeys(_pins(view, documents)) if view else ():
            yield name, version, f"required by {folder.name}"


def _pins(view: View, documents: Documents) -> Iterator[tuple[str, str]]:
    from truss_base.requirements import parse, pin

    file = view.settings.requirements_file
    text = documents.read_text(view.folder / file) if file else None
    lines = [*view.settings.requirements, *(parse(file, text) if file and text else ())]
    yield from (found for line in lines if (found := pin(line)) is not None)
