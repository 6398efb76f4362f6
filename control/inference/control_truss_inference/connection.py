"""One HTTP exchange: reads the body, notices that the client has gone, remembers the status."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any, Callable

from . import framework
from .exceptions import ClientDisconnected, ModelNotReady

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Message, Receive, Scope, Send

    from .version import Version

CLOSED: dict[str, Any] = {"type": "http.disconnect"}


class Connection:
    """Wraps the ASGI callables of one request.

    `gone` becomes true when the client disconnects before the answer is complete; the task that
    called `watch` is then cancelled.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._body_read = False
        self._body: bytes | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._worker: asyncio.Task[Any] | None = None
        self.status: int | None = None
        self.complete = False
        self.gone = False
        self.answered_by: Callable[..., Any] | None = None  # the user's function, for reports
        self.version: Version | None = None  # None while no model is loaded
        self._left = asyncio.Event()
        self.scope = scope

    @functools.cached_property
    def request(self) -> Request:
        """The request for user code that asks for it; what was read of the body is in it."""
        request = framework.new_request(self.scope, self.receive)
        if self._body is not None:
            request._body = self._body
        return request

    def header(self, name: str) -> str:
        """The first header of that name (in lower case); empty when there is none."""
        wanted = name.encode("ascii")
        values = (value for key, value in self.scope["headers"] if key == wanted)
        return bytes(next(values, b"")).decode("latin-1")

    @property
    def started(self) -> bool:
        return self.status is not None

    @property
    def served_by(self) -> Version:
        """The version that answers. Raises ModelNotReady while no model is loaded."""
        if self.version is None:
            raise ModelNotReady
        return self.version

    async def body(self) -> bytes:
        """The whole body. Raises ClientDisconnected when the client leaves while sending it."""
        chunks = []
        while not self._body_read:
            message = await self.receive()
            if self.gone:
                raise ClientDisconnected("The client left before its request was complete.")
            chunks.append(message.get("body", b""))
        self._body = b"".join(chunks)
        return self._body

    async def receive(self) -> Message:
        """ASGI receive. After the body, waits for the client to leave."""
        if self._body_read:
            if not self.gone:
                await self._left.wait()
            return CLOSED
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._leave()
        elif not message.get("more_body", False):
            self._body_read = True
            self._start_watcher()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self.complete = True
        await self._send(message)

    def watch(self) -> None:
        """Cancels the current task when the client leaves, from the end of the body on."""
        self._worker = asyncio.current_task()
        self._start_watcher()

    def close(self) -> None:
        self.complete = True
        # It may refer to itself by its request; what answered must not wait for a collection.
        self.answered_by = self.version = None
        if self._watcher is not None:
            self._watcher.cancel()

    def still_wanted(self) -> None:
        """Raises ClientDisconnected when nobody waits for the answer any more."""
        if self.gone:
            raise ClientDisconnected("The client closed the connection before it was answered.")

    def _start_watcher(self) -> None:
        if self._body_read and self._worker is not None and self._watcher is None:
            self._watcher = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        message = await self._receive()
        while message["type"] != "http.disconnect":
            message = await self._receive()
        if not self.complete:
            self._leave()

    def _leave(self) -> None:
        self.gone = True
        self._left.set()
        if self._worker is not None and self._worker is not asyncio.current_task():
            self._worker.cancel()
