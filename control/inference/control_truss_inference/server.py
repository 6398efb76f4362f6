"""uvicorn as a library: it serves the application, we own the signals and the end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Callable, Iterator

import uvicorn.config
import uvicorn.server

if TYPE_CHECKING:
    import socket

    from .application import Application

MEGABYTE = 1 << 20
KEEP_ALIVE = 3600  # seconds: the proxy decides when to close, else it would lose races


class Server(uvicorn.server.Server):
    """Serves `application` on a bound socket; `on_started` is called once it listens."""

    def __init__(self, application: Application, on_started: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.config.Config(
                application,
                http="auto",
                ws=websocket_protocol,  # type: ignore[arg-type] # a factory, to import it late
                ws_max_size=100 * MEGABYTE,
                interface="asgi3",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )
        self._application = application
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_started()

    def drain(self, timeout: float) -> None:
        """Stops accepting; requests at work have `timeout` seconds. Called on the event loop."""
        # 0 would mean no limit to some versions
        self.config.timeout_graceful_shutdown = max(timeout, 0.01)  # type: ignore[assignment] # seconds; used as a float
        self._application.ending = True
        self.should_exit = True

    def install_signal_handlers(self) -> None:
        """Ours stay (uvicorn before 0.29)."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours stay (uvicorn from 0.29)."""
        yield


def websocket_protocol(*arguments: Any, **options: Any) -> asyncio.Protocol:
    """The websocket protocol uvicorn would choose, imported when the first one is opened."""
    from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol

    if AutoWebSocketsProtocol is None:
        raise RuntimeError("Websockets need the package `websockets`: add it to requirements.")
    return AutoWebSocketsProtocol(*arguments, **options)


def prepare_websockets() -> None:
    """Imports what the first websocket would otherwise wait for."""
    import uvicorn.protocols.websockets.auto  # noqa: F401  # for its effect

    from . import websocket  # noqa: F401  # for its effect
