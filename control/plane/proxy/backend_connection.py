"""One HTTP/1.1 connection to a backend: requests go out as they are, answers are read for their
ends.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from control.plane.exceptions import UpstreamLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.plane.proxy.head import Header

FIRST_FINAL_STATUS = 200
SWITCHING_PROTOCOLS = 101


class Receiver(Protocol):
    """Who asked. Called in the order of the bytes; each read ends with `flush` or `answered`."""

    def interim_arrived(self, status: int, reason: bytes, headers: list[Header]) -> None:
        """A head (1xx) before the answer's."""

    def head_arrived(self, status: int, reason: bytes, headers: list[Header]) -> bool:
        """The answer's head. Returns whether a body follows."""

    def body_arrived(self, body: bytes) -> None:
        """A piece of the body."""

    def flush(self) -> None:
        """Nothing more has arrived for now, and the answer is not complete."""

    def upgraded(self, reason: bytes, headers: list[Header]) -> Callable[[bytes], None]:
        """The connection no longer speaks HTTP. Returns who takes its bytes.

        Raises:
            UpstreamLost: nobody asked for that.
        """

    def answered(self) -> None:
        """The answer is complete; the connection may be used again."""

    def lost(self, error: UpstreamLost) -> None:
        """The connection ended before the answer did."""

    def hold_request(self, hold: bool) -> None:
        """Asks for no more of the request's body until it is called again with False."""


class BackendConnection(asyncio.Protocol):
    """Carries one exchange at a time; `begin` starts the next."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._receiver: Receiver | None = None
        self._raw: Callable[[bytes], None] | None = None
        self._held = False
        self._spent = False
        self._without_body = False
        self._reset()

    def _reset(self) -> None:
        self._status = 0
        self._reason = b""
        self._headers: list[Header] = []
        self._complete = False
        self._keep_alive = True

    @property
    def is_closing(self) -> bool:
        """Whether nothing more can be sent. Right after a first write: nothing was delivered."""
        return self.transport.is_closing()

    @property
    def is_reusable(self) -> bool:
        """Whether another exchange may follow on this connection."""
        return self._complete and self._keep_alive and not self._spent and not self.is_closing

    @property
    def _ends_with_connection(self) -> bool:
        """Whether an answer has begun of which nothing else says where it ends."""
        names = {name.lower() for name, _ in self._headers}
        begun = self._status >= FIRST_FINAL_STATUS
        return begun and names.isdisjoint((b"content-length", b"transfer-encoding"))

    def begin(self, receiver: Receiver) -> None:
        """Sends the next answer to `receiver`."""
        if self._without_body:
            # The last parser may wait for what a HEAD only announces.
            self._parser = httptools.HttpResponseParser(self)
            self._without_body = False
        self._reset()
        self._receiver = receiver

    def write(self, data: bytes) -> None:
        """Sends, without waiting."""
        self.transport.write(data)

    def hold_reading(self, hold: bool) -> None:
        """Leaves the answer in the kernel until it is called again with False."""
        if hold == self._held or self.is_closing:
            return
        self._held = hold
        if hold:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def close(self) -> None:
        """Ends the connection once what was written is sent; nobody is told."""
        self._receiver = None
        self.transport.close()

    def abort(self) -> None:
        """Ends the connection now; nobody is told."""
        self._receiver = None
        self.transport.abort()

    # asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._raw is not None:
            self._raw(data)
            return
        if self._receiver is None:
            # Nobody has asked for anything.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserCallbackError:
            raise
        except httptools.HttpParserError as error:
            if not self._complete:
                self._fail(UpstreamLost(f"the inference process sent no valid HTTP ({error})"))
                return
            self._spent = True
        if self._complete:
            self._finish()
        else:
            self._receiver.flush()

    def eof_received(self) -> None:
        """Closes the transport, which reports `connection_lost`."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._receiver is None:
            return
        if exc is None and self._ends_with_connection:
            self._complete = True
            self._finish()
        else:
            self._fail(UpstreamLost("the connection to the inference process ended"))

    def pause_writing(self) -> None:
        if self._receiver is not None:
            self._receiver.hold_request(True)

    def resume_writing(self) -> None:
        if self._receiver is not None:
            self._receiver.hold_request(False)

    def _finish(self) -> None:
        receiver, self._receiver = self._receiver, None
        self.hold_reading(False)
        if receiver is not None:
            receiver.answered()

    def _fail(self, error: UpstreamLost) -> None:
        receiver, self._receiver = self._receiver, None
        self.transport.abort()
        if receiver is not None:
            receiver.lost(error)

    def _upgrade(self, rest: bytes) -> None:
        assert self._receiver is not None, "only who asked is answered"
        try:
            self._raw = self._receiver.upgraded(self._reason, self._headers)
        except UpstreamLost as error:
            self._fail(error)
            return
        if rest:
            self._raw(rest)

    # httptools' callbacks

    def on_message_begin(self) -> None:
        if self._complete:
            # More than was asked for: it belongs to no request.
            self._spent = True

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._status:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._complete or self._receiver is None:
            return
        self._status = status
        if status < FIRST_FINAL_STATUS:
            return
        self._keep_alive = self._parser.should_keep_alive()
        if not self._receiver.head_arrived(status, self._reason, self._headers):
            self._complete = self._without_body = True

    def on_body(self, body: bytes) -> None:
        if self._complete:
            self._spent = True
        elif self._receiver is not None:
            self._receiver.body_arrived(body)

    def on_message_complete(self) -> None:
        if self._complete or self._receiver is None or self._status == SWITCHING_PROTOCOLS:
            return
        if self._status < FIRST_FINAL_STATUS:
            self._receiver.interim_arrived(self._status, self._reason, self._headers)
            self._reset()
        else:
            self._complete = True
