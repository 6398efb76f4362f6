"""An open websocket: bytes cross as they are, and nobody is left without a close code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from control.plane.proxy.frames import Frames, close_frame

if TYPE_CHECKING:
    from control.plane.proxy.backend_connection import BackendConnection
    from control.plane.proxy.client_connection import ClientConnection

INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
LOST = "The inference process ended."
ENDING = "The server is shutting down."


class Tunnel:
    """Between a client and a model that have agreed on a websocket."""

    __slots__ = ("_client", "_connection", "_frames")

    def __init__(self, client: ClientConnection, connection: BackendConnection) -> None:
        self._client = client
        self._connection = connection
        self._frames = Frames()

    def to_model(self, data: bytes) -> None:
        """Bytes of the client."""
        self._connection.write(data)

    def to_client(self, data: bytes) -> None:
        """Bytes of the model."""
        self._frames.feed(data)
        self._client.write(data)

    def model_left(self) -> None:
        """The model's side has ended, with a close frame or without."""
        self._end(INTERNAL_ERROR, LOST)

    def shut_down(self) -> None:
        """The server ends."""
        self._end(SERVICE_RESTART, ENDING)

    def _end(self, code: int, reason: str) -> None:
        if not self._frames.closed and not self._frames.at_boundary:
            # In the middle of a frame nothing can be said that would not be taken for its content.
            self._client.break_off()
            return
        if not self._frames.closed:
            self._client.write(close_frame(code, reason))
        self._client.finished(closes=True)
