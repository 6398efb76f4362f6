"""A way to the real engine that can be shut: as when the engine goes away, and comes back."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path


class EngineGate:
    """A Unix socket in front of the engine's own."""

    def __init__(self, path: Path, engine: str) -> None:
        self.path = path
        self._engine = engine
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.path}"

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self.path)

    async def shut(self) -> None:
        """Nobody listens any more, and every connection is lost."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        self.path.unlink(missing_ok=True)
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        there, away = await asyncio.open_unix_connection(self._engine)
        try:
            await asyncio.gather(_pass_on(reader, away), _pass_on(there, writer))
        except asyncio.CancelledError:
            return  # shut
        finally:
            for end in (writer, away):
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()
            self._calls.discard(call)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
