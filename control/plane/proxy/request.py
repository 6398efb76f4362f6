"""One request on its way to a backend: its head, and the part of its body that waits here."""

from __future__ import annotations

import re
from dataclasses import dataclass

CONTROL = b"/control"
BELOW_CONTROL = b"/control/"
# Whoever asks these wants to know the state now; waiting for a load would answer another question.
PROBES = re.compile(rb"/(v1/models/[^/:]+(/loaded)?|ping|metrics)?")
IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS"})
# What a piece costs beside its content: a body of one-byte chunks fills memory too.
OBJECT_BYTES = 64
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(slots=True, eq=False)
class Request:
    """`path` is decoded and without the query. `parts`: what waits to be sent, at first the head
    with its blank line.
    """

    method: bytes
    path: bytes
    parts: list[bytes]
    chunked: bool
    websocket: bool
    expects_continue: bool
    is_http_10: bool
    closes: bool
    complete: bool = False
    # About how many bytes of the body wait here.
    waiting: int = 0

    @property
    def is_control(self) -> bool:
        """Whether the control API answers it."""
        return self.path.startswith(BELOW_CONTROL) or self.path == CONTROL

    @property
    def is_idempotent(self) -> bool:
        """Whether it may be sent again when nobody knows what became of it."""
        return self.method in IDEMPOTENT

    @property
    def is_probe(self) -> bool:
        """Whether it asks for the state of the server rather than for an answer."""
        return self.is_idempotent and PROBES.fullmatch(self.path) is not None

    def add(self, body: bytes) -> None:
        """Takes a piece of the body."""
        part = chunk(body) if self.chunked else body
        self.parts.append(part)
        self.waiting += len(part) + OBJECT_BYTES

    def finish(self) -> None:
        """The body is complete. Trailers are dropped: no model ever sees them."""
        self.complete = True
        if self.chunked:
            self.parts.append(LAST_CHUNK)
            self.waiting += len(LAST_CHUNK)

    def waiting_bytes(self) -> bytes:
        """What has not been sent, as it goes over the wire; stays here until `sent`."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)

    def sent(self) -> None:
        """What waited is on its way."""
        self.parts.clear()
        self.waiting = 0


def chunk(body: bytes) -> bytes:
    """One piece of a body of unknown length."""
    return b"%x\r\n%b\r\n" % (len(body), body)
