"""One connection to a server, and one exchange on it at a time."""

from __future__ import annotations

import asyncio
import select
from typing import TYPE_CHECKING, cast

from truss_handle.exceptions import ServerUnavailable
from truss_handle.http.parser import Garbled, ResponseParser

if TYPE_CHECKING:
    from truss_handle.http.messages import Head

_BUFFER = 256 * 1024  # bytes of a body that wait for whoever reads it
_BLOCK = 256 * 1024  # bytes of a request that are handed over at once


class Connection(asyncio.Protocol):
    """Whatever goes wrong on it raises ServerUnavailable, which names `url`."""

    def __init__(self, url: str) -> None:
        self.idle_since = 0.0
        self._url = url
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._parser = ResponseParser()
        self._waiter: asyncio.Future[None] | None = None
        self._fault = ""  # why nothing more will come
        self._full = self._held = False
        self._is_sent = False

    @property
    def is_reusable(self) -> bool:
        """Whether one exchange is over and another may follow."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._fault:
            return False
        if not self._parser.leaves_connection or self._held:
            return False
        # What is left of a request would be sent, or be read, as a part of the next one.
        if not self._is_sent or transport.get_write_buffer_size():
            return False
        # In between a server has nothing to say but that it leaves, and this loop may not have
        # looked since it did.
        poll = select.poll()
        poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not poll.poll(0)

    @property
    def was_dropped(self) -> bool:
        """Whether it ended before a byte of the answer came."""
        return self._closed.done() and not self._parser.is_begun

    async def ask(self, request: bytes, limit: float | None) -> Head:
        """Send a request; the head of the response to it.

        It ends after `limit` seconds in which nothing is said, or nothing of the request taken:
        a server that lets requests wait leaves large ones where they are.
        """
        self._parser = ResponseParser()
        self._is_sent = False
        await self._send(request, limit)
        while self._parser.head is None:
            await self._change(limit, "it says nothing")
        return self._parser.head

    async def piece(self, limit: float | None) -> bytes:
        """The next bytes of the body; b"" at its end."""
        while not self._parser.buffered:
            if self._parser.is_complete:
                return b""
            await self._change(limit, "it says nothing more")
        self._hold(False)
        return self._parser.take()

    async def close(self) -> None:
        """End it now, with whatever is on its way."""
        self.abort()
        await asyncio.shield(self._closed)

    def abort(self) -> None:
        """As `close`, for those who need not know when it is done."""
        if self._transport is not None:
            self._transport.abort()

    def unavailable(self, said: str) -> ServerUnavailable:
        """The one error."""
        return unavailable(self._url, said)

    async def _send(self, request: bytes, limit: float | None) -> None:
        for start in range(0, len(request), _BLOCK):
            # Who answers before the end does not want the rest; an interim response is no answer.
            if self._fault or self._parser.head is not None or self._transport is None:
                return
            self._transport.write(request[start : start + _BLOCK])
            while self._full and not self._fault and self._parser.head is None:
                await self._change(limit, "it does not take what it is sent")
        self._is_sent = True

    async def _change(self, limit: float | None, silent: str) -> None:
        """Wait until anything happens on the connection."""
        if self._fault:
            raise self.unavailable(self._fault)
        self._waiter = self._loop.create_future()
        timer = None
        if limit is not None:
            timer = self._loop.call_later(limit, self._give_up, f"{silent} for {limit:g} s")
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _give_up(self, said: str) -> None:
        self._fail(said)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, said: str) -> None:
        self._fault = self._fault or said

    def _hold(self, hold: bool) -> None:
        """Leave the rest of a body with the kernel, and so with the server."""
        if hold == self._held or self._transport is None or self._transport.is_closing():
            return
        self._held = hold
        if hold:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed(data)
        except Garbled as error:
            self._fail(str(error))
            self.abort()
        self._hold(self._parser.buffered > _BUFFER)
        self._wake()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._parser.end()
        where = " in the middle of its answer" if self._parser.is_begun else ""
        self._fail(f"it closed the connection{where}")
        self._closed.set_result(None)
        self._wake()


def unavailable(url: str, said: str) -> ServerUnavailable:
    """A server that does not answer, and why."""
    return ServerUnavailable(
        f"the server at {url} does not answer: {said}",
        hint="look at `control-truss logs`, or stop and start the Truss",
    )
