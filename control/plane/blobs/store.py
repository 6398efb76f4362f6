"""The folder of blobs. All of it blocks on the disk: callers on the event loop use a thread."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from typing import IO, TYPE_CHECKING

from control.plane.exceptions import BlobMismatch, BlobOffset, NoSpace, TooLarge
from control.plane.failpoints import reach
from control.plane.releases.directory import LINKED_BYTES
from control.plane.releases.syncing import sync_directory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

UNUSED_SECONDS = 3600.0
# What has to stay free for the journal, the logs and the model.
RESERVE = 64 << 20
_BLOCK = 1 << 20
_PART = ".part"


class BlobStore:
    """Blobs up to `limit` bytes each, in `folder`."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where a blob is, or would be."""
        return self._folder / digest

    def size(self, digest: str) -> int | None:
        """The size of a complete blob, None when it is not here."""
        return _size(self.path(digest))

    def offset(self, digest: str) -> int:
        """How many bytes of an incomplete blob are here."""
        return _size(self._part(digest)) or 0

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those that are not here completely."""
        return [digest for digest in digests if self.size(digest) is None]

    def receive(self, digest: str, offset: int, announced: int | None) -> Upload:
        """Begins a blob, or goes on with it at `offset`; `announced` bytes will come.

        Raises:
            BlobOffset: it has not come that far, or further.
            TooLarge: it exceeds the limit.
            NoSpace: the disk would be full.
        """
        here = self.offset(digest)
        if offset not in (0, here):
            raise BlobOffset(here)
        self._require_room(offset + (announced or 0), announced or 0)
        part = self._part(digest)
        try:
            file = part.open("r+b" if offset else "w+b", buffering=0)
        except OSError as error:
            raise no_space(error) from error
        return Upload(digest, self._limit, part, self.path(digest), file)

    def collect(self, used: Iterable[Path] = ()) -> None:
        """Removes those of the files `used` that are blobs, and what nobody touched for an hour."""
        for path in used:
            if path.parent == self._folder:
                path.unlink(missing_ok=True)
        oldest = time.time() - UNUSED_SECONDS
        for path in self._folder.iterdir():
            if (modified := _modified(path)) is not None and modified < oldest:
                path.unlink(missing_ok=True)
        reach("blob.collected")

    def touch(self, digests: Collection[str]) -> None:
        """Somebody has been told that these are here: they stay for another hour."""
        for digest in digests:
            if self.size(digest) is not None:
                os.utime(self.path(digest))

    def _part(self, digest: str) -> Path:
        return self._folder / f"{digest}{_PART}"

    def _require_room(self, size: int, more: int) -> None:
        if size > self._limit:
            raise TooLarge(
                f"A blob may have {self._limit / 2**30:g} GiB; rebuild, or raise --blob-limit at "
                "the start."
            )
        if shutil.disk_usage(self._folder).free < more + RESERVE:
            raise NoSpace(f"The disk has no room for {more / 2**20:.0f} MiB more; free some.")


class Upload:
    """A blob that is being received. `close` keeps what came, for a later request to go on."""

    def __init__(self, digest: str, limit: int, part: Path, final: Path, file: IO[bytes]) -> None:
        self._digest = digest
        self._limit = limit
        self._part = part
        self._final = final
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0
        while block := file.read(_BLOCK):
            self._hash.update(block)
            self.size += len(block)

    def write(self, content: bytes | bytearray) -> None:
        """Appends bytes.

        Raises:
            TooLarge: the blob exceeds the limit.
            NoSpace: the disk does not take them.
        """
        self.size += len(content)
        if self.size > self._limit:
            raise TooLarge(f"A blob may have {self._limit / 2**30:g} GiB.")
        self._hash.update(content)
        view = memoryview(content)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise no_space(error) from error
        reach("blob.written")

    def finish(self) -> None:
        """Verifies the blob and gives it its name.

        Raises:
            BlobMismatch: it is another one; what came is removed.
        """
        if self._hash.hexdigest() != self._digest:
            self._part.unlink(missing_ok=True)
            raise BlobMismatch(self._digest, self._hash.hexdigest())
        try:
            # A release's file, once it has a second name there.
            os.fchmod(self._file.fileno(), 0o644)
            if self.size > LINKED_BYTES:
                os.fsync(self._file.fileno())
            reach("blob.synced")
            self._part.replace(self._final)
            reach("blob.renamed")
            if self.size > LINKED_BYTES:
                sync_directory(self._final.parent)
        except OSError as error:
            raise no_space(error) from error

    def close(self) -> None:
        """Ends the upload, complete or not."""
        self._file.close()


def no_space(error: OSError) -> NoSpace:
    """What the disk says about a blob."""
    return NoSpace(f"The blob could not be written ({error.strerror}).")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _modified(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None
