"""One request and its answer: sent once, streamed both ways, given up when the client leaves."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from control.plane.exceptions import Unavailable, UpstreamError, UpstreamLost, UpstreamUnreached
from control.plane.proxy.head import Framing, response_head
from control.plane.proxy.refusal import refusal
from control.plane.proxy.request import LAST_CHUNK, chunk
from control.plane.proxy.tunnel import Tunnel

if TYPE_CHECKING:
    from collections.abc import Callable

    from control.plane.proxy.backend import Backend
    from control.plane.proxy.backend_connection import BackendConnection
    from control.plane.proxy.client_connection import ClientConnection
    from control.plane.proxy.head import Header
    from control.plane.proxy.request import Request
    from control.plane.proxy.route import Route

CONTINUE = 100
LOADING = "The model is still loading."


class Exchange:
    """The receiver of a backend's answer (`backend_connection.Receiver`)."""

    __slots__ = (
        "_again", "_backend", "_client", "_connection", "_framing", "_out", "_request", "_retried",
        "_route", "_search", "_status", "_tunnel",
    )  # fmt: skip

    def __init__(self, client: ClientConnection, route: Route, request: Request) -> None:
        self._client = client
        self._route = route
        self._request = request
        self._backend: Backend | None = None
        self._connection: BackendConnection | None = None
        self._search: asyncio.Task[None] | None = None
        self._tunnel: Tunnel | None = None
        # What to send if the process ends before it answers a request without effects.
        self._again = b""
        self._retried = False
        self._status = 0
        self._framing = Framing.NONE
        self._out: list[bytes] = []

    # What the client's connection asks for

    def begin(self) -> None:
        """Sends the request: at once where a backend answers and is connected."""
        self._route.traffic.requests += 1
        backend = self._route.gate.backend
        if backend is None and self._request.is_probe:
            self._refuse_unavailable(self._route.gate.refusal or LOADING)
            return
        connection = backend.idle_connection() if backend is not None else None
        if backend is not None and connection is not None:
            self._enter(backend)
            if self._sent(connection):
                return
            self._leave()
        self._search = asyncio.get_running_loop().create_task(self._find())

    def request_grew(self) -> None:
        """More of the request's body has arrived."""
        if self._connection is not None and self._request.waiting:
            self._connection.write(self._request.waiting_bytes())
            self._request.sent()

    @property
    def has_whole_request(self) -> bool:
        """Whether nothing more can arrive that belongs to it, as everything after a websocket's
        head does."""
        return self._request.complete and not self._request.websocket

    @property
    def waiting_bytes(self) -> int:
        """How much of the request waits here for a backend."""
        return 0 if self._connection is not None else self._request.waiting

    def hold_answer(self, hold: bool) -> None:
        """The client reads slower than the model answers, or no longer."""
        if self._connection is not None:
            self._connection.hold_reading(hold)

    def give_up(self) -> None:
        """The client has left: the model hears of it."""
        if self._search is not None:
            self._search.cancel()
        self._leave()

    def fail(self, status: int, reason: str) -> None:
        """The rest of the request cannot be understood."""
        self.give_up()
        self._refuse(status, reason)

    def shut_down(self) -> None:
        """The server ends: what would never end by itself ends now."""
        if self._tunnel is not None:
            self._leave()
            self._tunnel.shut_down()

    # Finding a backend

    async def _find(self, spent: Backend | None = None) -> None:
        gate = self._route.gate
        try:
            while True:
                if spent is not None:
                    await gate.successor(spent)
                spent = gate.backend or await gate.admit()
                if await self._reached(spent):
                    self._client.pace()
                    return
        except Unavailable as reason:
            self._refuse_unavailable(str(reason))
        except UpstreamError as reason:
            self._refuse_lost(str(reason))
        finally:
            self._search = None

    async def _reached(self, backend: Backend) -> bool:
        """Whether the request is on its way; else another backend has to be asked."""
        self._enter(backend)
        try:
            if self._sent(backend.idle_connection() or await backend.connect()):
                return True
        except UpstreamUnreached:
            pass
        except asyncio.CancelledError:
            self._leave()
            raise
        self._leave()
        return False

    def _sent(self, connection: BackendConnection) -> bool:
        """Sends what has come of the request. False: the kernel refused the very first byte."""
        request = self._request
        data = self._again or request.waiting_bytes()
        connection.begin(self)
        connection.write(data)
        if connection.is_closing:
            connection.abort()
            return False
        self._connection = connection
        if request.complete and request.is_idempotent:
            self._again = data
        request.sent()
        if self._client.is_slow:
            connection.hold_reading(True)
        return True

    def _enter(self, backend: Backend) -> None:
        self._backend = backend
        backend.enter()

    def _leave(self) -> None:
        """Lets go of the backend; an exchange that is not complete ends its connection."""
        backend, self._backend = self._backend, None
        connection, self._connection = self._connection, None
        if backend is None:
            return
        if connection is not None and self._tunnel is not None:
            connection.close()
        elif connection is not None:
            backend.release(connection, reusable=self.has_whole_request)
        backend.leave()

    # What the backend's connection reports

    def interim_arrived(self, status: int, reason: bytes, headers: list[Header]) -> None:
        """A head before the answer's: for who can read it, and asked for it where it is 100."""
        request = self._request
        if request.is_http_10 or (status == CONTINUE and not request.expects_continue):
            return
        head, _ = response_head(status, reason, headers, request, closes=False)
        self._out.append(head)

    def head_arrived(self, status: int, reason: bytes, headers: list[Header]) -> bool:
        """The answer's head. Returns whether a body follows."""
        self._status = status
        closes = self._request.closes or self._client.is_ending
        head, self._framing = response_head(status, reason, headers, self._request, closes=closes)
        self._out.append(head)
        return self._framing is not Framing.NONE

    def body_arrived(self, body: bytes) -> None:
        """A piece of the answer's body."""
        self._out.append(chunk(body) if self._framing is Framing.CHUNKED else body)

    def flush(self) -> None:
        """Nothing more has arrived for now."""
        if self._out:
            self._client.write(b"".join(self._out))
            self._out.clear()

    def answered(self) -> None:
        """The answer is complete."""
        if self._framing is Framing.CHUNKED:
            # Trailers are dropped: hardly any client reads them, none of a model's are known.
            self._out.append(LAST_CHUNK)
        self.flush()
        backend = self._backend
        self._leave()
        if backend is not None and self._request.method == b"POST" and 200 <= self._status < 300:
            self._route.on_success(backend)
        self._client.finished(closes=self._request.closes or not self._request.complete)

    def upgraded(self, reason: bytes, headers: list[Header]) -> Callable[[bytes], None]:
        """The model has accepted the websocket: from here on bytes cross as they are."""
        if not self._request.websocket or self._connection is None:
            raise UpstreamLost("the inference process switched to another protocol unasked")
        head, _ = response_head(101, reason, headers, self._request, closes=False)
        self._client.write(head)
        self._tunnel = Tunnel(self._client, self._connection)
        self._client.tunnel(self._tunnel.to_model)
        return self._tunnel.to_client

    def lost(self, error: UpstreamLost) -> None:
        """The backend's connection ended before the answer did."""
        backend = self._backend
        assert backend is not None, "whoever waits for an answer has entered a backend"
        message = backend.lost_message
        self._leave()
        if self._tunnel is not None:
            self._tunnel.model_left()
        elif self._status:
            # The answer has begun: ending it short is the honest signal.
            self.flush()
            self._client.break_off(hard=self._framing is Framing.CLOSE)
        elif self._again and not self._retried:
            self._retried = True
            self._search = asyncio.get_running_loop().create_task(self._find(backend))
        else:
            self._refuse_lost(message)

    def hold_request(self, hold: bool) -> None:
        """The model reads slower than the client sends, or no longer."""
        self._client.hold_request(hold)

    # Answering in the model's place

    def _refuse_unavailable(self, reason: str) -> None:
        self._route.traffic.unavailable += 1
        self._refuse(503, reason)

    def _refuse_lost(self, reason: str) -> None:
        self._route.traffic.lost += 1
        self._refuse(502, reason)

    def _refuse(self, status: int, reason: str) -> None:
        if self._status or self._tunnel:
            self._client.break_off(hard=self._framing is Framing.CLOSE)
            return
        request = self._request
        # What is left of the body would be read as the next request.
        closes = request.closes or not request.complete or self._client.is_ending
        with_body = request.method != b"HEAD"
        self._client.write(refusal(status, reason, with_body=with_body, closes=closes))
        self._client.finished(closes=closes)
