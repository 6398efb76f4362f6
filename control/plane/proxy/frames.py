"""Where websocket frames end, without reading what is in them (RFC 6455, 5.2). Pure."""

from __future__ import annotations

import struct

CLOSE = 0x8
FINAL = 0x80
LENGTH = 0x7F
MASKED = 0x80
LENGTH_16, LENGTH_64 = 126, 127
MASK_BYTES = 4


class Frames:
    """Follows one direction of a websocket. Memory: one frame's head."""

    __slots__ = ("_head", "_payload", "closed")

    def __init__(self) -> None:
        self._head = bytearray()
        self._payload = 0
        self.closed = False

    @property
    def at_boundary(self) -> bool:
        """Whether the next byte begins a frame, so that another frame may be put in between."""
        return not self._payload and not self._head

    def feed(self, data: bytes) -> None:
        """Takes the next bytes. `closed` becomes true with the head of a close frame."""
        position, end = 0, len(data)
        while position < end:
            if self._payload:
                step = min(self._payload, end - position)
                self._payload -= step
                position += step
            else:
                position += self._feed_head(data, position)

    def _feed_head(self, data: bytes, position: int) -> int:
        """Takes bytes of a frame's head; returns how many."""
        missing = _head_size(self._head) - len(self._head)
        taken = data[position : position + missing]
        self._head += taken
        if len(self._head) == _head_size(self._head):
            self._payload = _payload_size(self._head)
            self.closed = self.closed or self._head[0] & 0x0F == CLOSE
            self._head.clear()
        return len(taken)


def close_frame(code: int, reason: str) -> bytes:
    """A server's close frame; its payload has at most 125 bytes."""
    payload = struct.pack("!H", code) + reason.encode()[:123]
    return bytes((FINAL | CLOSE, len(payload))) + payload


def _head_size(head: bytearray) -> int:
    """Of what is known so far: 2 until the length's form is known."""
    if len(head) < 2:
        return 2
    extended = {LENGTH_16: 2, LENGTH_64: 8}.get(head[1] & LENGTH, 0)
    return 2 + extended + (MASK_BYTES if head[1] & MASKED else 0)


def _payload_size(head: bytearray) -> int:
    length = head[1] & LENGTH
    if length == LENGTH_16:
        return int.from_bytes(head[2:4], "big")
    if length == LENGTH_64:
        return int.from_bytes(head[2:10], "big")
    return length
