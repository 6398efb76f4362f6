"""Proxies HTTP requests: streaming both ways, disconnects passed on, nothing sent twice."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from control.plane.exceptions import Unavailable, UpstreamError, UpstreamLost, UpstreamUnreached
from control.plane.proxy.headers import end_to_end, is_chunked, request_head

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from control.plane.proxy.backend import Backend
    from control.plane.proxy.connection import Connection
    from control.plane.proxy.gate import Gate

    Message = dict[str, Any]
    Receive = Callable[[], Awaitable[Any]]
    Send = Callable[[Any], Awaitable[None]]

# Whoever asks these wants to know the state now; waiting for a load would answer another question.
PROBES = re.compile(r"/(v1/models/[^/:]+(/loaded)?|ping|metrics)?")
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
# Fast answers never pay for the task that watches the client.
WATCH_AFTER_SECONDS = 0.05
LOADING = "The model is still loading."


@dataclass(slots=True)
class Traffic:
    """Counts since start."""

    requests: int = 0
    unavailable: int = 0
    lost: int = 0


class HttpProxy:
    """The ASGI application of the data path."""

    def __init__(self, gate: Gate, on_success: Callable[[Backend], None]) -> None:
        self._gate = gate
        self._on_success = on_success
        self.traffic = Traffic()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        self.traffic.requests += 1
        first = await receive()
        if first["type"] == "http.disconnect":
            return
        exchange = Exchange(scope, receive, send, first)
        try:
            await self._exchange(exchange)
        except Unavailable as reason:
            self.traffic.unavailable += 1
            await exchange.refuse(503, str(reason))
        except UpstreamError as reason:
            self.traffic.lost += 1
            await exchange.refuse(502, str(reason))
        finally:
            exchange.close()

    async def _exchange(self, exchange: Exchange) -> None:
        while not exchange.client_left:
            backend = self._gate.backend or await self._admit(exchange)
            if backend is None:
                return
            try:
                with backend.occupied():
                    await exchange.run(backend)
            except UpstreamUnreached:
                await self._gate.successor(backend)
                continue
            if exchange.succeeded:
                self._on_success(backend)
            return

    async def _admit(self, exchange: Exchange) -> Backend | None:
        """Waits at the gate; None when the client left meanwhile."""
        if exchange.is_probe:
            raise Unavailable(self._gate.refusal or LOADING)
        return await exchange.unless_client_leaves(self._gate.admit())


class Exchange:
    """One request and its response."""

    def __init__(self, scope: Message, receive: Receive, send: Send, first: Message) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._first: bytes = first.get("body", b"")
        self._has_more: bool = first.get("more_body", False)
        self._method: str = scope["method"]
        self._chunked = is_chunked(scope)
        self._status = 0
        self._retried = False
        self._watch: asyncio.TimerHandle | None = None
        self._feeder: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self.client_left = False

    @property
    def is_probe(self) -> bool:
        """Whether the request asks for the state of the server rather than of an answer."""
        return self._method in IDEMPOTENT and PROBES.fullmatch(self._scope["path"]) is not None

    @property
    def succeeded(self) -> bool:
        """Whether the model answered a request that makes it work."""
        return self._method == "POST" and 200 <= self._status < 300

    async def run(self, backend: Backend) -> None:
        """Sends the request to `backend` and its answer to the client.

        Raises:
            UpstreamUnreached: nothing was sent, or nothing that may not be sent again.
            UpstreamLost: the process ended before it answered.
        """
        connection = await backend.connect()
        self._connection = connection
        try:
            self._begin(connection)
            await self._relay(connection)
        except UpstreamLost as error:
            self._give_up(backend, error)
        finally:
            self._connection = None
            backend.release(connection)

    def _begin(self, connection: Connection) -> None:
        connection.begin(self._method)
        connection.write(request_head(self._scope, chunked=self._chunked) + self._framed())
        if connection.is_closing:
            # The kernel refused the very first byte.
            raise UpstreamUnreached("the inference process has closed this connection")
        if self._has_more:
            self._watch_client()
        elif self._feeder is None:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(WATCH_AFTER_SECONDS, self._watch_client)

    async def _relay(self, connection: Connection) -> None:
        await connection.head()
        self._status = connection.status
        await self._send(
            {
                "type": "http.response.start",
                "status": connection.status,
                "headers": end_to_end(connection.headers),
            }
        )
        more = True
        while more:
            body = await connection.read()
            more = not connection.finished
            await self._send({"type": "http.response.body", "body": body, "more_body": more})

    def _give_up(self, backend: Backend, error: UpstreamLost) -> None:
        if self.client_left or self._status:
            # Nobody listens, or the answer has begun: ending it short is the honest signal.
            return
        if self._method in IDEMPOTENT and not self._has_more and not self._retried:
            self._retried = True
            raise UpstreamUnreached(str(error)) from error
        raise UpstreamLost(backend.lost_message) from error

    def _framed(self) -> bytes:
        """The part of the body that has come so far, as it goes over the wire."""
        return _chunk(self._first, last=not self._has_more) if self._chunked else self._first

    def _watch_client(self) -> None:
        if self._feeder is None:
            self._feeder = asyncio.get_running_loop().create_task(self._feed())

    async def _feed(self) -> None:
        """Passes on the rest of the body, then waits for the client to leave."""
        while True:
            message = await self._receive()
            connection = self._connection
            if message["type"] == "http.disconnect":
                self.client_left = True
                if connection is not None:
                    connection.abort()
                return
            self._has_more = message.get("more_body", False)
            body = message.get("body", b"")
            if connection is not None:
                connection.write(_chunk(body, last=not self._has_more) if self._chunked else body)
                await connection.drain()

    async def unless_client_leaves(self, admission: Awaitable[Backend]) -> Backend | None:
        """Awaits `admission`, or gives None as soon as the client is gone."""
        if self._has_more:
            # The body has to stay unread, so a disconnect cannot be seen yet.
            return await admission
        self._watch_client()
        assert self._feeder is not None
        waiting = asyncio.ensure_future(admission)
        await asyncio.wait({waiting, self._feeder}, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return waiting.result()
        waiting.cancel()
        return None

    async def refuse(self, status: int, reason: str) -> None:
        """Answers in the model's place."""
        body = json.dumps({"error": reason}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"x-control-truss-error", b"unavailable" if status == 503 else b"lost"),
        ]
        if status == 503:
            headers.append((b"retry-after", b"1"))
        if self._has_more:
            # What is left of the body would be read as the next request.
            headers.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def close(self) -> None:
        """Stops watching the client."""
        if self._watch is not None:
            self._watch.cancel()
        if self._feeder is not None:
            self._feeder.cancel()


def _chunk(data: bytes, *, last: bool) -> bytes:
    framed = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
    return framed + b"0\r\n\r\n" if last else framed
