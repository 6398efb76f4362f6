"""Where requests go: a socket, a pool of connections, a count."""

from __future__ import annotations

import asyncio

from control.plane.exceptions import UpstreamUnreached
from control.plane.proxy.backend_connection import BackendConnection

# Beyond this many idle connections a burst is over and they are closed.
IDLE_LIMIT = 128
LOST_MESSAGE = (
    "The inference process ended while it was answering this request. "
    "It was not sent again because it may have had effects; send it again yourself."
)


class Backend:
    """An inference process as the proxy sees it. A retired one finishes what it has."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path
        self.lost_message = LOST_MESSAGE
        self._idle: list[BackendConnection] = []
        self._in_flight = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._retired = False

    @property
    def in_flight(self) -> int:
        """Requests and websockets that are being answered."""
        return self._in_flight

    def enter(self) -> None:
        """Counts one request. Called without waiting after the gate named this backend, so that
        a version never drains between the choice and the request."""
        self._in_flight += 1
        if self._in_flight == 1:
            self._quiet.clear()

    def leave(self) -> None:
        """The request is over."""
        self._in_flight -= 1
        if not self._in_flight:
            self._quiet.set()

    async def quiet(self) -> None:
        """Waits until nothing is being answered."""
        await self._quiet.wait()

    def idle_connection(self) -> BackendConnection | None:
        """A connection that is open and unused."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closing:
                return connection
        return None

    async def connect(self) -> BackendConnection:
        """A new connection.

        Raises:
            UpstreamUnreached: the process does not listen.
        """
        try:
            return await self._open()
        except OSError as error:
            raise UpstreamUnreached(f"the inference process does not listen ({error})") from error

    def release(self, connection: BackendConnection, *, reusable: bool) -> None:
        """Takes a connection back after an exchange."""
        keep = reusable and connection.is_reusable and not self._retired
        if keep and len(self._idle) < IDLE_LIMIT:
            self._idle.append(connection)
        else:
            connection.abort()

    def retire(self) -> None:
        """Closes what is idle and keeps nothing from now on."""
        self._retired = True
        while self._idle:
            self._idle.pop().abort()

    async def _open(self) -> BackendConnection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_unix_connection(BackendConnection, self.socket_path)
        return connection
