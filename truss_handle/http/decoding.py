"""Bodies that a model packs although nobody asked for it. Pure."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from truss_handle.http.parser import Garbled

if TYPE_CHECKING:
    from truss_handle.http.messages import Head

_PACKED = ("gzip", "x-gzip", "deflate")
_ANY_HEADER = zlib.MAX_WBITS | 32  # of gzip or of zlib, whichever comes


class Unpacking:
    """Turns the pieces of a packed body into those of its content."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_ANY_HEADER)

    def unpacked(self, piece: bytes) -> bytes:
        """The content in the next piece. Raises Garbled."""
        try:
            return self._inflate.decompress(piece)
        except zlib.error as error:
            raise Garbled(f"its answer cannot be unpacked ({error})") from error


def unpacking_of(head: Head) -> Unpacking | None:
    """What a body needs; None where it travels as it is, or packed in a way that is not known."""
    coding = head.headers.get("content-encoding", "")
    return Unpacking() if coding.strip().lower() in _PACKED else None
