"""What completion and hover may ask about files, packages and other Trusses near a document."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lsp_server.features.surroundings import Distribution, Entry, Surroundings
from lsp_server.view import View, view_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lsp_server.documents import Documents
    from lsp_server.snapshot import Snapshot
    from lsp_server.workspace import Trusses

MOST_ENTRIES = 500


def surroundings(snapshot: Snapshot, documents: Documents, trusses: Trusses) -> Surroundings:
    """Looks at the disk only when it is asked."""

    def view() -> View | None:
        return view_of(snapshot.truss, documents) if snapshot.truss else None

    def distributions() -> list[Distribution]:
        return sorted(_required_elsewhere(snapshot, documents, trusses), key=_order)

    def text(path: str) -> str | None:
        return documents.read_text(snapshot.truss / path) if snapshot.truss else None

    return Surroundings(view, entries, distributions, installed, text)


def entries(folder: Path) -> list[Entry]:
    """What a folder holds; nothing where there is none, or where it may not be read."""
    found: list[Entry] = []
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                found.append(Entry(entry.name, entry.is_dir()))
                if len(found) == MOST_ENTRIES:
                    break
    except OSError:
        return []
    return found


def installed(name: str) -> list[tuple[str, str | None]]:
    """The version of a package beside the language server, which is mostly the project's own."""
    from importlib.metadata import PackageNotFoundError, version

    here = f"in this editor's Python {sys.version_info.major}.{sys.version_info.minor}"
    try:
        return [(here, version(name))]
    except PackageNotFoundError:
        return [(here, None)]


def _order(one: Distribution) -> tuple[str, str]:
    return (one.name, one.version)


def _required_elsewhere(
    snapshot: Snapshot, documents: Documents, trusses: Trusses
) -> Iterator[Distribution]:
    """The pins of the other Trusses of this session, each once."""
    seen: set[tuple[str, str]] = set()
    for folder in trusses.known():
        view = view_of(folder, documents) if folder != snapshot.truss else None
        for name, version in _pins(view, documents) if view else ():
            if (name, version) not in seen:
                seen.add((name, version))
                yield Distribution(name, version, f"required by {folder.name}")


def _pins(view: View, documents: Documents) -> Iterator[tuple[str, str]]:
    from truss_base.requirements import parse, pin

    file = view.settings.requirements_file
    text = documents.read_text(view.folder / file) if file else None
    lines = [*view.settings.requirements, *(parse(file, text) if file and text else ())]
    yield from (found for line in lines if (found := pin(line)) is not None)
