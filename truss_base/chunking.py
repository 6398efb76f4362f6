"""Cuts files into chunks where their content says so: what is inserted moves no later cut.

FastCDC (Xia et al. 2020) by `pyfastcdc`, which comes with the extras `control` and `handle`. Both
sides have to cut alike, or a changed file shares nothing with its last version and travels whole.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from truss_base.patch.types import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A change of one byte sends about one chunk; a list of them has 75 bytes for each.
_AVERAGE, _LEAST = 256 << 10, 64 << 10
LARGEST = 1 << 20


def chunks_of(path: Path) -> Iterator[Chunk]:
    """The chunks of a file, in order. Holds one of them in memory. Raises OSError."""
    from pyfastcdc import FastCDC

    cutter = FastCDC(_AVERAGE, min_size=_LEAST, max_size=LARGEST)
    with path.open("rb", buffering=0) as file:
        for piece in cutter.cut_stream(file):
            yield Chunk(hashlib.sha256(piece.data).hexdigest(), piece.length)
