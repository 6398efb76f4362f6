"""One HTTP/1.1 connection to an inference process: bytes in, bytes out, both ways bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools

from control.plane.exceptions import UpstreamLost

if TYPE_CHECKING:
    from control.plane.proxy.headers import Header

# Reading stops when the client is this far behind, so that a slow client costs no memory.
HIGH_WATER = 256 * 1024
FIRST_FINAL_STATUS = 200


class Connection(asyncio.Protocol):
    """Carries one exchange at a time; `begin` starts the next."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._closed = False
        self._lost: UpstreamLost | None = None
        self.begin("GET")

    def begin(self, method: str) -> None:
        """Forgets the last exchange. HEAD has to be known: its answer announces a body it lacks."""
        self.status = 0
        self.headers: list[Header] = []
        self._body = bytearray()
        self._without_body = method == "HEAD"
        self._until_close = False
        self._has_head = False
        self._complete = False
        self._keep_alive = True
        self._paused = False

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None, "used before connection_made"
        return self._transport

    @property
    def is_closing(self) -> bool:
        """Whether nothing more can be sent. Right after a first write: nothing was delivered."""
        return self._closed or self.transport.is_closing()

    @property
    def has_head(self) -> bool:
        """Whether the response has begun to arrive."""
        return self._has_head

    @property
    def finished(self) -> bool:
        """Whether the whole response has been read."""
        return self._complete and not self._body

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may follow on this connection."""
        return self._complete and self._keep_alive and not self.is_closing

    def write(self, data: bytes) -> None:
        """Sends, without waiting."""
        self.transport.write(data)

    async def drain(self) -> None:
        """Waits while the inference server reads slower than the client sends."""
        if self._writable is not None and not self._closed:
            await asyncio.shield(self._writable)

    async def head(self) -> None:
        """Waits for `status` and `headers`.

        Raises:
            UpstreamLost: the connection ended before.
        """
        while not self._has_head:
            await self._progress()

    async def read(self) -> bytes:
        """The next part of the body, b"" at its end.

        Raises:
            UpstreamLost: the connection ended before the body did.
        """
        while not self._body and not self._complete:
            await self._progress()
        data = bytes(self._body)
        self._body.clear()
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        return data

    def abort(self) -> None:
        """Ends the connection now; whoever waits gets UpstreamLost."""
        if self._transport is not None:
            self._transport.abort()

    async def _progress(self) -> None:
        if self._lost is not None:
            raise self._lost
        if self._closed:
            raise UpstreamLost("the connection to the inference process ended")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._lost = UpstreamLost(f"the inference process sent no valid HTTP ({error})")
            self.abort()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed = True
        if self._has_head and self._until_close and exc is None:
            self._complete = True
        self.resume_writing()
        self._wake()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # httptools' callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < FIRST_FINAL_STATUS:
            return
        names = {name for name, _ in self.headers}
        self._has_head = True
        self._keep_alive = self._parser.should_keep_alive()
        self._until_close = not names & {b"content-length", b"transfer-encoding"}
        if self._without_body:
            # The parser expects the announced body, so this connection is spent.
            self._complete, self._keep_alive = True, False

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > HIGH_WATER and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        if self.status < FIRST_FINAL_STATUS:
            self.headers = []
        else:
            self._complete = True
