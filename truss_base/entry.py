"""One file or symbolic link of a Truss, and how its digest is made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, NamedTuple

from truss_base.exceptions import UnreadablePath

# Keeps the digest of a link apart from that of a file which holds the link's text.
_LINK_TAG = b"symlink\0"


class ChangedMeanwhile(UnreadablePath):
    """A file no longer has the content that was scanned."""


# A tuple, where other values are dataclasses: a scan makes tens of thousands, and a tuple is made
# in a fifth of the time.
class Entry(NamedTuple):
    """One file or symbolic link of a tree.

    `path` is normalised and relative to the Truss's root; `digest` is 64 hexadecimal digits;
    `size` counts the bytes that the digest covers; `location` is where it was read, which for an
    external package is outside the Truss; `target` is the text of a link, with `/` separators.
    `content` is given where the bytes are not those on disk: the unsaved text of an editor.
    """

    path: str
    digest: str
    kind: Literal["file", "symlink"]
    executable: bool
    size: int
    location: str
    target: str | None = None
    content: bytes | None = None

    @property
    def source(self) -> Path:
        """`location` as a path."""
        return Path(self.location)


def link_entry(path: str, location: str, target: str) -> Entry:
    """The entry of a symbolic link with the text `target`."""
    size = len(_LINK_TAG) + len(target.encode())
    return Entry(path, link_digest(target), "symlink", False, size, location, target)


def link_digest(target: str) -> str:
    """The digest of a symbolic link with the text `target`."""
    return hashlib.sha256(_LINK_TAG + target.encode()).hexdigest()


def read(entry: Entry) -> bytes:
    """The content of a scanned file. Raises ChangedMeanwhile when it has another now."""
    if entry.content is not None:
        return entry.content
    try:
        content = entry.source.read_bytes()
    except FileNotFoundError:
        content = b""
    if hashlib.sha256(content).hexdigest() != entry.digest:
        raise ChangedMeanwhile(f"{entry.path} changed while it was read: try again in a moment")
    return content
