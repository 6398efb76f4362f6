"""The proxy between a real client and a backend that a test scripts byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from control.plane.proxy.backend import Backend
from control.plane.proxy.front import Front
from control.plane.proxy.gate import Gate
from control.plane.proxy.listener import listen
from control.plane.proxy.local_backend import LocalBackend
from control.plane.proxy.route import Route

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
        self._tasks: list[asyncio.Future[None]] = []

    async def __aenter__(self) -> ScriptedBackend:
        self._server = await asyncio.start_unix_server(self._serve, self.backend.socket_path)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.backend.retire()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.append(asyncio.ensure_future(self._answer(reader, writer)))

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What follows a body that nobody has read is no request either.
        ends = (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError)
        with contextlib.suppress(*ends, asyncio.CancelledError), contextlib.closing(writer):
            while not writer.is_closing():
                request = Request((await reader.readuntil(b"\r\n\r\n"))[:-4])
                self.requests.append(request)
                await self._script(request, reader, writer)


class Stage:
    """A gate and a front behind a port. Whatever asks for /control gets back what it sent."""

    def __init__(self, port: int, front: Front, route: Route, successes: list[Backend]) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.front = front
        self.gate = route.gate
        self.traffic = route.traffic
        self.successes = successes

    async def raw(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which `data` was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        return reader, writer


@contextlib.asynccontextmanager
async def proxy_stage(patience: float = 30) -> AsyncIterator[Stage]:
    """Serves the proxy on a free port, as the real server does."""
    successes = list[Backend]()
    model = Route(Gate(patience), successes.append)
    control = Route(Gate(patience), lambda _backend: None)
    api = LocalBackend(mirror)
    control.gate.open(api)
    listener = listen("127.0.0.1", 0)
    front = Front(model, control)
    await front.open(listener)
    try:
        yield Stage(listener.getsockname()[1], front, model, successes)
    finally:
        await front.close(1)
        await api.close()
        listener.close()


async def mirror(_scope: Any, receive: Any, send: Any) -> None:
    """An ASGI application that answers with the request's body, while it comes."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        body = message.get("body", b"")
        await send({"type": "http.response.body", "body": body, "more_body": more})
