"""The proxy between a real client and a backend that a test scripts byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import uvicorn

from control.plane.proxy.backend import Backend
from control.plane.proxy.gate import Gate
from control.plane.proxy.http import HttpProxy
from control.plane.proxy.websocket import MESSAGE_LIMIT, WebSocketProxy
from control.plane.server import Server, listen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Script = Callable[["Request", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Request:
    """A request as it arrived at the backend, body not read yet."""

    def __init__(self, head: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.line = lines[0]
        self.headers = [tuple(line.split(": ", 1)) for line in lines[1:] if line]

    def header(self, name: str) -> str | None:
        """The value of a header."""
        return dict(self.headers).get(name)


class ScriptedBackend:
    """An HTTP server on a Unix socket that does exactly what `script` does."""

    def __init__(self, path: Path, script: Script) -> None:
        self.backend = Backend(str(path))
        self.requests: list[Request] = []
        self._script = script

    async def __aenter__(self) -> ScriptedBackend:
        self._server = await asyncio.start_unix_server(self._serve, self.backend.socket_path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.backend.retire()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                request = Request((await reader.readuntil(b"\r\n\r\n"))[:-4])
                self.requests.append(request)
                await self._script(request, reader, writer)
        writer.close()


class Stage:
    """A gate and the proxies behind a port."""

    def __init__(self, port: int, gate: Gate, http: HttpProxy, successes: list[Backend]) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.gate = gate
        self.http = http
        self.successes = successes

    async def raw(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which `data` was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        return reader, writer


@contextlib.asynccontextmanager
async def proxy_stage(patience: float = 30) -> AsyncIterator[Stage]:
    """Serves the proxy on a free port, with the settings of the real server."""
    gate, successes = Gate(patience), list[Backend]()
    http, websocket = HttpProxy(gate, successes.append), WebSocketProxy(gate)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (websocket if scope["type"] == "websocket" else http)(scope, receive, send)

    listener = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MESSAGE_LIMIT,
        lifespan="off",
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield Stage(listener.getsockname()[1], gate, http, successes)
    finally:
        server.should_exit = True
        await serving
        listener.close()
