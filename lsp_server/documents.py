"""The open documents: their newest snapshots, and what of them is on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsp_server.items import Range
from lsp_server.snapshot import Snapshot
from lsp_server.uris import path_of

if TYPE_CHECKING:
    from truss_base.document import Encoding

Locate = Callable[[Path, str | None], Path | None]
"""(path, text of an open document) → the Truss that the file belongs to."""


@dataclass(frozen=True, slots=True)
class Change:
    """One content change; without a range the whole text is replaced."""

    range: Range | None
    text: str


class Documents:
    """Open documents by URI. Not thread-safe: it lives on the event loop."""

    def __init__(self, locate: Locate, encoding: Encoding = "utf-16") -> None:
        self._locate = locate
        self.encoding = encoding
        self._snapshots: dict[str, Snapshot] = {}
        self._saved: dict[str, str] = {}

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(tuple(self._snapshots.values()))

    def get(self, uri: str) -> Snapshot | None:
        return self._snapshots.get(uri)

    def at(self, path: Path) -> Snapshot | None:
        """The open document of a file, however its client spells the URI."""
        return next((snapshot for snapshot in self if snapshot.path == path), None)

    def open(self, uri: str, version: int, text: str) -> Snapshot:
        path = path_of(uri)
        truss = self._locate(path, text) if path else None
        snapshot = Snapshot(uri, path, version, text, self.encoding, truss)
        self._snapshots[uri] = snapshot
        self._saved[uri] = text
        return snapshot

    def change(self, uri: str, version: int, changes: Sequence[Change]) -> Snapshot | None:
        """Applies edits in order; None for a document that was never opened."""
        snapshot = self._snapshots.get(uri)
        if snapshot is None:
            return None
        for change in changes:
            snapshot = snapshot.edited(version, apply(snapshot, change))
        self._snapshots[uri] = snapshot
        return snapshot

    def save(self, uri: str) -> Snapshot | None:
        snapshot = self._snapshots.get(uri)
        if snapshot is not None:
            self._saved[uri] = snapshot.text
        return snapshot

    def saved_text(self, snapshot: Snapshot) -> str:
        """The text of a document as it was last saved; for one that is not open, its own."""
        return self._saved.get(snapshot.uri, snapshot.text)

    def read_text(self, path: Path) -> str | None:
        """A file's text as the editor has it, else as the disk has it."""
        if (snapshot := self.at(path)) is not None:
            return snapshot.text
        try:
            return path.read_text("utf-8", "replace")
        except OSError:
            return None

    def close(self, uri: str) -> Snapshot | None:
        self._saved.pop(uri, None)
        return self._snapshots.pop(uri, None)

    def unsaved(self, truss: Path) -> tuple[Path, ...]:
        """Files of a Truss whose text in the editor differs from what was last saved."""
        return tuple(
            snapshot.path
            for snapshot in self
            if snapshot.truss == truss
            and snapshot.path is not None
            and snapshot.text != self._saved[snapshot.uri]
        )

    def relocate(self, uris: Iterable[str]) -> tuple[Snapshot, ...]:
        """Looks again at which Truss documents belong to; returns them, nothing remembered."""
        fresh = []
        for uri in uris:
            snapshot = self._snapshots[uri]
            if snapshot.path is not None:
                truss = self._locate(snapshot.path, snapshot.text)
                self._snapshots[uri] = snapshot.refreshed(truss)
                fresh.append(self._snapshots[uri])
        return tuple(fresh)


def apply(snapshot: Snapshot, change: Change) -> str:
    """The text after one change."""
    if change.range is None:
        return change.text
    start = snapshot.index(change.range.start)
    end = max(start, snapshot.index(change.range.end))
    return snapshot.text[:start] + change.text + snapshot.text[end:]
