"""Connections between two exchanges: the next one to the same server need not open another."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from truss_handle.exceptions import ServerUnavailable
from truss_handle.http.connection import Connection, unavailable
from truss_handle.per_loop import PerLoop

if TYPE_CHECKING:
    from truss_handle.http.messages import Head, Request

# Less than what the servers wait (75 s): who closes first must be who asks next.
IDLE_SECONDS = 60.0
_CONNECT_SECONDS = 10.0


class Connections:
    """Those of one event loop, by the url of their server."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle: dict[str, list[Connection]] = {}

    async def asked(
        self, url: str, request: Request, limit: float | None
    ) -> tuple[Connection, Head]:
        """Where the answer to a request begins, and how; the caller's until it is put back."""
        sent = request.to_bytes(urlsplit(url).netloc)
        if kept := self._taken(url):
            try:
                return kept, await _asked(kept, sent, limit)
            except ServerUnavailable:
                # The server left while the request was on its way. Whether it was read nobody
                # knows, so only what may be read twice is sent twice.
                if not (kept.was_dropped and request.is_idempotent):
                    raise
        fresh = await self._opened(url)
        return fresh, await _asked(fresh, sent, limit)

    def put_back(self, url: str, connection: Connection) -> None:
        """The caller has what it wanted."""
        if not connection.is_reusable:
            connection.abort()
            return
        connection.idle_since = self._loop.time()
        self._idle.setdefault(url, []).append(connection)

    async def close(self) -> None:
        """End those that nobody uses."""
        for connections in self._idle.values():
            for connection in connections:
                await connection.close()

    def _taken(self, url: str) -> Connection | None:
        """One that was used lately and is still open: the last one, so that others can age."""
        connections = self._idle.get(url, [])
        while connections:
            connection = connections.pop()
            if self._is_fresh(connection):
                return connection
            connection.abort()
        return None

    async def _opened(self, url: str) -> Connection:
        self._drop_old()
        address = urlsplit(url)
        host, port = address.hostname or "", address.port or 80
        opening = self._loop.create_connection(lambda: Connection(url), host, port)
        try:
            _, connection = await asyncio.wait_for(opening, _CONNECT_SECONDS)
        except asyncio.TimeoutError as error:
            raise unavailable(url, f"no connection within {_CONNECT_SECONDS:g} s") from error
        except OSError as error:
            raise unavailable(url, _words(error)) from error
        return connection

    def _drop_old(self) -> None:
        """Servers come and go, each on another port: nobody asks for the last one's again."""
        for url, connections in list(self._idle.items()):
            self._idle[url] = [one for one in connections if self._is_fresh(one)]
            for old in set(connections).difference(self._idle[url]):
                old.abort()
            if not self._idle[url]:
                del self._idle[url]

    def _is_fresh(self, connection: Connection) -> bool:
        aged = self._loop.time() - connection.idle_since
        return aged < IDLE_SECONDS and connection.is_reusable


async def _asked(connection: Connection, sent: bytes, limit: float | None) -> Head:
    try:
        return await connection.ask(sent, limit)
    except BaseException:
        connection.abort()
        raise


def _words(error: OSError) -> str:
    # asyncio's own text repeats the address and the number of the error.
    return os.strerror(error.errno).lower() if error.errno else str(error)


_kept = PerLoop(Connections, Connections.close)


async def kept_connections() -> Connections:
    """Those of the running event loop."""
    return await _kept.get()
