"""What completion and hover may ask about files, packages and other Trusses near a document."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lsp_server.distributions import distributions, versions
from lsp_server.features.surroundings import Entry, Surroundings
from lsp_server.view import View, view_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lsp_server.documents import Documents
    from lsp_server.snapshot import Snapshot
    from lsp_server.workspace import Trusses

MOST_ENTRIES = 500


def surroundings(
    snapshot: Snapshot,
    documents: Documents,
    trusses: Trusses,
    container: Mapping[str, str] | None = None,
) -> Surroundings:
    """Looks at the disk only when it is asked. `container`: what is installed where it runs."""

    def view() -> View | None:
        return view_of(snapshot.truss, documents) if snapshot.truss else None

    def text(path: str) -> str | None:
        return documents.read_text(snapshot.truss / path) if snapshot.truss else None

    return Surroundings(
        view,
        entries,
        lambda: distributions(snapshot, documents, trusses, container),
        lambda name: versions(name, container),
        text,
    )


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
