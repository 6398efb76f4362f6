"""Servers that say exactly what a test tells them to, on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

DEADLINE = 60.0  # seconds: only guards against a hang


class Peer:
    """One connection, as its server sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def request(self) -> bytes:
        """The next request: its head, and a body of the length that it names."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-l")]
        size = int(lengths[0].partition(b":")[2]) if lengths else 0
        return head + await self.reader.readexactly(size)

    async def say(self, *pieces: bytes) -> None:
        """Sends the pieces, each by itself."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def until_left(self) -> bool:
        """Waits for the client to leave."""
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.reader.read(), DEADLINE)
        return True


Behaviour: TypeAlias = "Callable[[Peer], Awaitable[None]]"


class RawServer:
    """Behaves on its nth connection as the nth of its behaviours says, then as the last."""

    def __init__(self, behaviours: Iterable[Behaviour]) -> None:
        self.url = ""
        self.connections = 0
        self._behaviours = list(behaviours)
        self._serving: set[asyncio.Task[None] | None] = set()

    @property
    def open(self) -> int:
        """Connections that are served now."""
        return len(self._serving)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behave = self._behaviours[min(self.connections, len(self._behaviours) - 1)]
        self.connections += 1
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await behave(Peer(reader, writer))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._serving.discard(task)

    async def end(self) -> None:
        """Leaves whoever is still connected."""
        serving = [task for task in self._serving if task is not None]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@asynccontextmanager
async def raw_server(*behaviours: Behaviour) -> AsyncIterator[RawServer]:
    """A server on loopback that ends with the test."""
    served = RawServer(behaviours)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        await served.end()


def says(*pieces: bytes, then_leave: bool = False) -> Behaviour:
    """Answers every request with these pieces."""

    async def behave(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.say(*pieces)
            if then_leave:
                return

    return behave


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what other tasks bring about."""
    deadline = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)
