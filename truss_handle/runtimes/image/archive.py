"""A tar whose bytes depend on nothing but what is put into it.

The builder decides by content, owner and mode whether a step can come from its cache, so the owner
is always root and the time always zero.
"""

from __future__ import annotations

import io
import tarfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Archive:
    """A tar that is written once, front to back, reproducibly."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by close()

    def add(self, name: str, content: bytes, *, mode: int = 0o644) -> None:
        """A file from memory."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), mode
        self._tar.addfile(info, io.BytesIO(content))

    def add_file(self, name: str, source: Path, *, mode: int = 0o644) -> None:
        """A file from disk, streamed."""
        with source.open("rb") as stream:
            info = tarfile.TarInfo(name)
            info.size, info.mode = source.stat().st_size, mode
            self._tar.addfile(info, stream)

    def add_link(self, name: str, target: str) -> None:
        """A symbolic link."""
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        self._tar.addfile(info)

    def add_folder(self, name: str, *, mode: int = 0o755) -> None:
        """An empty folder."""
        info = tarfile.TarInfo(name)
        info.type, info.mode = tarfile.DIRTYPE, mode
        self._tar.addfile(info)

    def close(self) -> None:
        """Write the end of the archive; the stream stays open."""
        self._tar.close()
