"""The port: every client's connection, from the first to the last."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from control.plane.proxy.client_connection import ClientConnection
from control.plane.proxy.listener import BACKLOG

if TYPE_CHECKING:
    import socket

    from control.plane.proxy.request import Request
    from control.plane.proxy.route import Route

# How late a connection that is due may be ended. One timer for all: ten thousand would be one
# more heap operation for every request.
SWEEP_SECONDS = 1.0


class Front:
    """Serves `control` under /control and `model` everywhere else."""

    def __init__(self, model: Route, control: Route) -> None:
        self._model = model
        self._control = control
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self.connections: set[ClientConnection] = set()

    def route_of(self, request: Request) -> Route:
        """Who answers `request`."""
        return self._control if request.is_control else self._model

    async def open(self, listener: socket.socket) -> None:
        """Accepts connections from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: ClientConnection(self), sock=listener, backlog=BACKLOG
        )
        self._sweep_later(loop)

    async def close(self, limit: float) -> None:
        """Accepts no more; what is under way has `limit` seconds to complete."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self.connections):
            connection.shut_down()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._deserted(), limit)
        for connection in tuple(self.connections):
            connection.abort()
        if self._sweep is not None:
            self._sweep.cancel()

    def joined(self, connection: ClientConnection) -> None:
        """A client has come."""
        self.connections.add(connection)

    def left(self, connection: ClientConnection) -> None:
        """A client is gone."""
        self.connections.discard(connection)
        if not self.connections:
            self._empty.set()

    async def _deserted(self) -> None:
        while self.connections:
            self._empty.clear()
            await self._empty.wait()

    def _sweep_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweep = loop.call_later(SWEEP_SECONDS, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [due for due in self.connections if due.deadline < now]:
            connection.expire()
        self._sweep_later(loop)
