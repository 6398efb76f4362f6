"""Which chunks the files of the live release hold, found by cutting them when somebody asks."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from control.plane.releases.content import Piece
from truss_base.chunking import chunks_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from truss_base.patch import Chunk

# Offset and size of each chunk by its digest: about 200 bytes for each of some thousands per GiB.
Places = dict[str, tuple[int, int]]
KEPT_CHUNKS = 200_000


class ChunkIndex:
    """The chunks of files by the files' sha256. Not to be used by two threads at once."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Places] = OrderedDict()

    def pieces(self, digest: str, path: Path) -> dict[str, Piece]:
        """The chunks of the file at `path`, which has this digest. Raises OSError."""
        if digest not in self._known:
            self.learn(digest, chunks_of(path))
        self._known.move_to_end(digest)
        places = self._known[digest]
        return {chunk: Piece(path, offset, size) for chunk, (offset, size) in places.items()}

    def learn(self, digest: str, chunks: Iterable[Chunk]) -> None:
        """Keeps the chunks of a file; those of files asked for long ago make room."""
        places: Places = {}
        offset = 0
        for chunk in chunks:
            places[chunk.digest] = (offset, chunk.size)
            offset += chunk.size
        self._known[digest] = places
        while len(self._known) > 1 and sum(map(len, self._known.values())) > KEPT_CHUNKS:
            self._known.popitem(last=False)

    def knows(self, digest: str) -> bool:
        """Whether a file was cut."""
        return digest in self._known
