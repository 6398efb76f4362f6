"""File URIs and paths."""

from __future__ import annotations

from pathlib import Path

from pygls.uris import from_fs_path, to_fs_path


def path_of(uri: str) -> Path | None:
    """The file a URI names; None for documents that are no files (``untitled:``, ``git:``)."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    """The URI of an absolute path."""
    return from_fs_path(str(path)) or path.as_uri()
