"""What stands between a client and a server and does nothing: the floor of every proxy.

`python -m benchmarks.relays blocking|asyncio BACKEND PATH` listens at PATH until it is killed and
copies between it and BACKEND, both Unix sockets.
"""

from __future__ import annotations

import asyncio
import functools
import socket
import sys
from typing import cast

from benchmarks.http_load import READ_BYTES, SENT, answer_size


def blocking(backend: str, path: str) -> None:
    """One connection after the other, and on it each request and each answer."""
    size = answer_size(backend)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        while True:
            client, _ = listener.accept()
            with client, socket.socket(socket.AF_UNIX) as upstream:
                upstream.connect(backend)
                while _copied(client, upstream, len(SENT)) and _copied(upstream, client, size):
                    pass


def _copied(source: socket.socket, target: socket.socket, missing: int) -> bool:
    """Whether `missing` bytes went over before the source ended."""
    while missing > 0 and (data := source.recv(READ_BYTES)):
        target.sendall(data)
        missing -= len(data)
    return missing <= 0


class Side(asyncio.Protocol):
    """Hands what arrives to `other`."""

    other: asyncio.Transport

    def data_received(self, data: bytes) -> None:
        self.other.write(data)


class ClientSide(Side):
    """Has a connection to the backend of its own."""

    def __init__(self, backend: str) -> None:
        self._backend = backend

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        client = cast("asyncio.Transport", transport)
        client.pause_reading()
        self._joining = asyncio.ensure_future(self._join(client))

    async def _join(self, client: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        self.other, backend = await loop.create_unix_connection(Side, self._backend)
        backend.other = client
        client.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.other.abort()


async def serve(backend: str, path: str) -> None:
    """As many connections as come, on an event loop as the proxy has one."""
    client = functools.partial(ClientSide, backend)
    server = await asyncio.get_running_loop().create_unix_server(client, path)
    await server.serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["blocking", backend, path]:
            blocking(backend, path)
        case ["asyncio", backend, path]:
            asyncio.run(serve(backend, path))
        case _:
            sys.exit(__doc__)
