"""One client: its requests in, their answers out in the same order, both bounded."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from typing import TYPE_CHECKING, cast

from control.plane.exceptions import MalformedRequest
from control.plane.proxy.exchange import Exchange
from control.plane.proxy.refusal import refusal
from control.plane.proxy.request_parser import RequestParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.plane.proxy.front import Front

# How long a client may be silent between requests, take for a head, and go on sending what
# nobody reads any more.
IDLE_SECONDS = 75.0
HEAD_SECONDS = 30.0
LINGER_SECONDS = 2.0
# How much of a body waits here for a backend before the rest has to wait in the kernel.
BODY_LIMIT = 256 * 1024
RESET = struct.pack("ii", 1, 0)


class ClientConnection(asyncio.Protocol):
    """Answers one request at a time; what a client sends ahead waits, a read's worth at most."""

    __slots__ = (
        "_broken", "_exchange", "_front", "_held", "_in_head", "_lingers", "_loop", "_parser",
        "_raw", "_reading", "deadline", "is_ending", "is_slow", "transport",
    )  # fmt: skip

    def __init__(self, front: Front) -> None:
        self._front = front
        self._loop = asyncio.get_running_loop()
        self._parser = RequestParser()
        self._exchange: Exchange | None = None
        self._raw: Callable[[bytes], None] | None = None
        self._broken: MalformedRequest | None = None
        self._in_head = False
        self._lingers = False
        self._held = False
        self._reading = True
        # When the front may end this connection, in the loop's time.
        self.deadline = self._loop.time() + IDLE_SECONDS
        self.is_ending = False
        self.is_slow = False

    # What an exchange asks for

    def write(self, data: bytes) -> None:
        """Sends, without waiting."""
        self.transport.write(data)

    def finished(self, *, closes: bool) -> None:
        """The exchange is over; the next may begin."""
        exchange, self._exchange = self._exchange, None
        self._held = False
        if closes or self.is_ending:
            if exchange is None or not exchange.has_whole_request:
                self._linger()
            else:
                self.transport.close()
            return
        self.deadline = self._loop.time() + IDLE_SECONDS
        if self._parser.arrived or self._broken or not self._reading:
            # Not from here: a long row of refusals would become a deep stack.
            self._loop.call_soon(self._advance)

    def break_off(self, *, hard: bool = False) -> None:
        """Ends in the middle of an answer; `hard` where a plain end would make it look complete."""
        self._exchange = None
        raw = self.transport.get_extra_info("socket")
        if hard and raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()
        else:
            self.transport.close()

    def hold_request(self, hold: bool) -> None:
        """Leaves what the client sends in the kernel until it is called again with False."""
        self._held = hold
        self.pace()

    def tunnel(self, to_model: Callable[[bytes], None]) -> None:
        """From here on bytes are no requests."""
        self._raw = to_model

    def pace(self) -> None:
        """Reads no faster than requests can be sent on and answered."""
        exchange = self._exchange
        waits = self._held or len(self._parser.arrived) > 0
        if not waits and exchange is not None:
            waits = exchange.waiting_bytes > BODY_LIMIT
        if waits == self._reading and not self.transport.is_closing():
            self._reading = not waits
            if waits:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    # What the front asks for

    def expire(self) -> None:
        """The deadline has passed."""
        if self._parser.in_head and not self._lingers:
            self._refuse(MalformedRequest(408, "The request's head took too long."))
        else:
            self.transport.close()

    def shut_down(self) -> None:
        """Ends after the answer that is under way."""
        self.is_ending = True
        if self._exchange is None:
            self.transport.close()
        else:
            self._exchange.shut_down()

    def abort(self) -> None:
        """Ends now."""
        self.transport.abort()

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._front.joined(self)

    def data_received(self, data: bytes) -> None:
        if self._raw is not None:
            self._raw(data)
            return
        if self._lingers or self._broken is not None:
            return
        try:
            self._parser.feed(data)
        except MalformedRequest as error:
            self._broken = error
        if self._exchange is not None:
            self._exchange.request_grew()
        self._advance()

    def eof_received(self) -> None:
        """Closes the transport: who half-closes is taken for gone, as by most servers."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._front.left(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.give_up()

    def pause_writing(self) -> None:
        self.is_slow = True
        if self._exchange is not None:
            self._exchange.hold_answer(True)

    def resume_writing(self) -> None:
        self.is_slow = False
        if self._exchange is not None:
            self._exchange.hold_answer(False)

    # From request to request

    def _advance(self) -> None:
        """Begins the next exchange, if it is time for one."""
        if self._lingers or self.transport.is_closing():
            return
        if self._exchange is not None:
            self._check_body(self._exchange)
        elif self._parser.arrived:
            self._begin()
        elif self._broken is not None:
            self._refuse(self._broken)
        elif self._parser.in_head and not self._in_head:
            self._in_head = True
            self.deadline = self._loop.time() + HEAD_SECONDS
        self.pace()

    def _begin(self) -> None:
        request = self._parser.arrived.popleft()
        self._in_head = False
        self.deadline = math.inf
        self._exchange = Exchange(self, self._front.route_of(request), request)
        if self._broken is None or request.complete:
            self._exchange.begin()
        else:
            self._check_body(self._exchange)

    def _check_body(self, exchange: Exchange) -> None:
        if self._broken is not None and not exchange.has_whole_request:
            exchange.fail(self._broken.status, str(self._broken))

    def _refuse(self, error: MalformedRequest) -> None:
        """Answers what is no request; where the next one would begin, nobody knows."""
        self.write(refusal(error.status, str(error), with_body=True, closes=True))
        self.finished(closes=True)

    def _linger(self) -> None:
        """Ends, but reads on for a moment: unread bytes would undo the answer in the kernel."""
        self._lingers = True
        self._parser.arrived.clear()
        self.deadline = self._loop.time() + LINGER_SECONDS
        self.pace()
        if not self.transport.is_closing():
            self.transport.write_eof()
