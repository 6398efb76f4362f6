"""Exchanges with servers, over connections that outlive them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from truss_handle.http.decoding import unpacking_of
from truss_handle.http.kept import kept_connections
from truss_handle.http.parser import Garbled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from truss_handle.http.connection import Connection
    from truss_handle.http.messages import Head, Request


class Response:
    """What came back; the body may still be on its way."""

    def __init__(self, connection: Connection, head: Head, limit: float | None) -> None:
        self.status = head.status
        self.headers = head.headers
        self._connection = connection
        self._limit = limit
        self._unpacking = unpacking_of(head)

    async def piece(self) -> bytes:
        """The next bytes of the body; b"" at its end. Raises ServerUnavailable."""
        while came := await self._connection.piece(self._limit):
            if content := self._content(came):
                return content
        return b""

    async def read(self) -> bytes:
        """The rest of the body. Raises ServerUnavailable."""
        pieces = []
        while piece := await self.piece():
            pieces.append(piece)
        return b"".join(pieces)

    def _content(self, came: bytes) -> bytes:
        if self._unpacking is None:
            return came
        try:
            return self._unpacking.unpacked(came)
        except Garbled as error:
            raise self._connection.unavailable(str(error)) from error


@asynccontextmanager
async def exchange(url: str, request: Request, limit: float | None) -> AsyncIterator[Response]:
    """Ask the server at `url` ("http://host:port"); its response, to be read inside.

    Who leaves before its end, or is cancelled, closes the connection: the server hears of it.
    `limit` seconds of silence end the waiting. Raises ServerUnavailable.
    """
    connections = await kept_connections()
    connection, head = await connections.asked(url, request, limit)
    try:
        yield Response(connection, head, limit)
    finally:
        connections.put_back(url, connection)
