"""Sends the contents that travel apart from their patch, and of each only what the server lacks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from truss_base.chunking import chunks_of
from truss_base.patch import Blob, FilePatch
from truss_handle.blobs import send_blob
from truss_handle.client import ServerClient
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from truss_base.diff import Difference
    from truss_base.entry import Entry
    from truss_base.patch import Chunk, Patch
    from truss_base.signature import Signature
    from truss_handle.values import Progress, Running

MEBIBYTE = 1 << 20


class Uploads:
    """Brings the blobs of one patch to a server that runs the version `base`."""

    def __init__(self, running: Running, base: Signature, progress: Progress) -> None:
        self._running = running
        self._client = ServerClient(running)
        self._base = base
        self._progress = progress

    async def send(self, found: Difference) -> list[Patch]:
        """The patches as they may be sent once this returns.

        Raises PatchRefused (`blob_mismatch` when a file changed meanwhile), ServerUnavailable.
        """
        missing = await self._client.missing_blobs(list(found.blobs))
        sent = {digest: await self._sent(found.blobs[digest]) for digest in missing}
        return [_with_blob(patch, sent) for patch in found.patches]

    async def _sent(self, entry: Entry) -> Blob:
        if entry.path in self._base.content_hashes_by_path:
            return await self._changed(entry)
        return await self._whole(entry)

    async def _changed(self, entry: Entry) -> Blob:
        """A file of which the server has an older version: only chunks that are new travel."""
        chunks = await asyncio.to_thread(lambda: tuple(chunks_of(entry.source)))
        digests = [chunk.digest for chunk in chunks]
        missing = set(await self._client.missing_blobs(digests, near=[entry.path]))
        if len(missing) == len(set(digests)):
            return await self._whole(entry)
        await self._chunks(entry, chunks, missing)
        return Blob(entry.digest, sum(chunk.size for chunk in chunks), chunks)

    async def _chunks(self, entry: Entry, chunks: Sequence[Chunk], missing: set[str]) -> None:
        wanted = {chunk.digest: chunk.size for chunk in chunks if chunk.digest in missing}
        self._tell(entry, sum(wanted.values()))
        offset = 0
        for chunk in chunks:
            if chunk.digest in wanted:
                del wanted[chunk.digest]
                await send_blob(self._running, chunk.digest, entry.source, offset, chunk.size)
            offset += chunk.size

    async def _whole(self, entry: Entry) -> Blob:
        self._tell(entry, entry.size)
        await send_blob(self._running, entry.digest, entry.source, 0, entry.size)
        return Blob(entry.digest, entry.size)

    def _tell(self, entry: Entry, size: int) -> None:
        part = f"{size / MEBIBYTE:.1f} of {entry.size / MEBIBYTE:.1f} MiB"
        self._progress(ProgressEvent("upload", f"{entry.path}: sending {part}"))


def _with_blob(patch: Patch, sent: Mapping[str, Blob]) -> Patch:
    if not isinstance(patch, FilePatch) or patch.blob is None:
        return patch
    return replace(patch, blob=sent.get(patch.blob.digest, patch.blob))
