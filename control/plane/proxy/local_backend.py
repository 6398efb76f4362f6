"""An ASGI application of this process as a backend: the control API is reached as the model is, so
that one connection may carry requests for both.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

import uvicorn.config
import uvicorn.server
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from control.plane.proxy.backend import Backend
from control.plane.proxy.backend_connection import BackendConnection

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Asgi = Callable[[Any, Any, Any], Awaitable[None]]

# The pool decides when an idle connection ends, else it would lose races.
KEEP_ALIVE_SECONDS = 24 * 3600


class LocalBackend(Backend):
    """Each connection is a pair of sockets; uvicorn serves one end of it."""

    def __init__(self, application: Asgi) -> None:
        super().__init__(socket_path="")
        self._config = uvicorn.config.Config(
            application,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._config.load()
        self._state = uvicorn.server.ServerState()

    async def close(self) -> None:
        """Ends every connection, and waits until uvicorn has seen it."""
        self.retire()
        while self._state.connections:
            await asyncio.sleep(0)

    async def _open(self) -> BackendConnection:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        await loop.connect_accepted_socket(self._protocol, theirs)
        _, connection = await loop.create_connection(BackendConnection, sock=ours)
        return connection

    def _protocol(self) -> HttpToolsProtocol:
        return HttpToolsProtocol(self._config, self._state, {})
