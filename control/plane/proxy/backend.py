"""An inference process as the proxy sees it: a socket, a pool of connections, a count."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from control.plane.exceptions import UpstreamUnreached
from control.plane.proxy.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

# Beyond this many idle connections a burst is over and they are closed.
IDLE_LIMIT = 128
LOST_MESSAGE = (
    "The inference process ended while it was answering this request. "
    "It was not sent again because it may have had effects; send it again yourself."
)


class Backend:
    """Where requests go. A retired backend finishes what it has; its pool is closed."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path
        self.lost_message = LOST_MESSAGE
        self._idle: list[Connection] = []
        self._in_flight = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._retired = False

    @property
    def in_flight(self) -> int:
        """Requests and websockets that are being answered."""
        return self._in_flight

    @contextlib.contextmanager
    def occupied(self) -> Iterator[None]:
        """Counts one request. Entered without waiting after the gate named this backend, so that
        a version never drains between the choice and the request."""
        self._in_flight += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._quiet.set()

    async def quiet(self) -> None:
        """Waits until nothing is being answered."""
        await self._quiet.wait()

    async def connect(self) -> Connection:
        """An idle connection, or a new one.

        Raises:
            UpstreamUnreached: the process does not listen.
        """
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closing:
                return connection
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_unix_connection(Connection, self.socket_path)
        except OSError as error:
            raise UpstreamUnreached(f"the inference process does not listen ({error})") from error
        return connection

    def release(self, connection: Connection) -> None:
        """Takes a connection back after an exchange."""
        if connection.is_reusable and not self._retired and len(self._idle) < IDLE_LIMIT:
            self._idle.append(connection)
        else:
            connection.abort()

    def retire(self) -> None:
        """Closes what is idle and keeps nothing from now on."""
        self._retired = True
        while self._idle:
            self._idle.pop().abort()
