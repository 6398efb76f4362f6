"""Where the contents that a patch refers to are: among the blobs, or in the live release."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from control.plane.blobs.chunk_index import ChunkIndex
from control.plane.exceptions import BlobMismatch, MissingBlobs
from control.plane.patching.changes import READ_BYTES, is_code
from control.plane.releases.content import Piece
from truss_base.patch import FilePatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from control.plane.blobs.store import BlobStore
    from control.plane.patching.request import PatchRequest
    from control.plane.releases.release import Release
    from control.plane.releases.store import ReleaseStore
    from truss_base.patch import Blob, Patch


class BlobSupply:
    """Blobs that were sent, and what the live release has. Blocks on the disk; thread-safe."""

    def __init__(self, blobs: BlobStore, releases: ReleaseStore) -> None:
        self._blobs = blobs
        self._releases = releases
        self._index = ChunkIndex()
        self._lock = threading.Lock()

    def missing(self, digests: Sequence[str], near: Iterable[str]) -> list[str]:
        """Those of `digests` that have to be sent, in their order.

        Files of the live release at the paths `near` are cut into chunks for it.
        """
        with self._lock:
            self._blobs.collect()
            self._blobs.touch(digests)
            unknown = self._blobs.missing(digests)
            live = self._releases.live
            whole = {record.digest for record in live.manifest.values()}
            unknown = [digest for digest in unknown if digest not in whole]
            for path in near if unknown else ():
                self._cut(live, path)
            held = self._held(live)
            return [digest for digest in dict.fromkeys(unknown) if digest not in held]

    def concerns(self, request: PatchRequest) -> bool:
        """Whether the request refers to blobs."""
        return bool(_blobs_of(request.patches))

    def complete(self, request: PatchRequest) -> PatchRequest:
        """The request with the places of its blobs; small ones that a plan may read are read.

        A dry run needs none of them. Raises MissingBlobs.
        """
        blobs = _blobs_of(request.patches)
        if request.dry_run or not blobs:
            return request
        with self._lock:
            live = self._releases.live
            held = self._held(live)
            pieces = {blob.digest: self._pieces(blob, live, held) for blob in blobs}
            missing = [digest for blob in blobs for digest in self._unknown(blob, live, held)]
        if missing:
            raise MissingBlobs(missing)
        patches = tuple(_with_content(patch, pieces) for patch in request.patches)
        return replace(request, patches=patches, pieces=pieces)

    def settle(self, request: PatchRequest) -> None:
        """Ends what `complete` began: what is live now needs no blobs."""
        with self._lock:
            for blob in _blobs_of(request.patches):
                if blob.chunks:
                    self._index.learn(blob.digest, blob.chunks)
            parts = [piece.path for pieces in request.pieces.values() for piece in pieces]
            self._blobs.collect(used=parts)

    def doubt(self) -> None:
        """After a failure: what was believed of old files is looked at again."""
        with self._lock:
            self._index = ChunkIndex()

    def _pieces(self, blob: Blob, live: Release, held: dict[str, Piece]) -> tuple[Piece, ...]:
        """What the file is put together from; empty when something is missing."""
        whole = self._whole(blob.digest, live)
        if whole is not None:
            return (whole,)
        found = [self._chunk(chunk.digest, held) for chunk in blob.chunks]
        return tuple(piece for piece in found if piece is not None)

    def _unknown(self, blob: Blob, live: Release, held: dict[str, Piece]) -> list[str]:
        if self._whole(blob.digest, live) is not None:
            return []
        if not blob.chunks:
            return [blob.digest]
        return [c.digest for c in blob.chunks if self._chunk(c.digest, held) is None]

    def _whole(self, digest: str, live: Release) -> Piece | None:
        if (size := self._blobs.size(digest)) is not None:
            return Piece(self._blobs.path(digest), 0, size)
        for path, record in live.manifest.items():
            if record.digest == digest:
                return _untouched(live, path)
        return None

    def _chunk(self, digest: str, held: dict[str, Piece]) -> Piece | None:
        if (size := self._blobs.size(digest)) is not None:
            return Piece(self._blobs.path(digest), 0, size)
        return held.get(digest)

    def _cut(self, live: Release, path: str) -> None:
        if path in live.manifest and (whole := _untouched(live, path)) is not None:
            self._index.pieces(live.manifest[path].digest, whole.path)

    def _held(self, live: Release) -> dict[str, Piece]:
        """The chunks of every file of the live release that was cut."""
        held: dict[str, Piece] = {}
        for path, record in live.manifest.items():
            if self._index.knows(record.digest) and (whole := _untouched(live, path)):
                held |= self._index.pieces(record.digest, whole.path)
        return held


def _untouched(live: Release, path: str) -> Piece | None:
    """The file of a release, unless the model has changed it, or it is a link."""
    record, file = live.manifest[path], live.tree / path
    try:
        is_same = record.target is None and record.matches(file.lstat())
        return Piece(file, 0, record.size) if is_same else None
    except OSError:
        return None


def _blobs_of(patches: Iterable[Patch]) -> list[Blob]:
    return [p.blob for p in patches if isinstance(p, FilePatch) and p.blob is not None]


def _with_content(patch: Patch, pieces: dict[str, tuple[Piece, ...]]) -> Patch:
    if not isinstance(patch, FilePatch) or patch.blob is None or patch.type == "data":
        return patch
    parts = pieces[patch.blob.digest]
    if sum(part.size for part in parts) > READ_BYTES and not is_code(patch.path):
        return patch
    content = b"".join(map(_read, parts))
    found = hashlib.sha256(content).hexdigest()
    if found != patch.blob.digest:
        raise BlobMismatch(patch.blob.digest, found)
    return replace(patch, content=content, blob=None)


def _read(piece: Piece) -> bytes:
    with piece.path.open("rb") as file:
        file.seek(piece.offset)
        return file.read(piece.size)
