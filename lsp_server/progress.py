"""Work-done progress: one bar per operation, on the client's token or on one that we ask for.

What is done within a moment shows no bar of ours: one that flashes only disturbs.
"""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lsp_server.client import Client, Token
    from lsp_server.items import Json


MOMENT_SECONDS = 0.3


class Bar:
    """What an operation reports to. Until it is opened it only remembers the last word."""

    def __init__(self, client: Client, title: str) -> None:
        self._client = client
        self._title = title
        self._token: Token | None = None
        self._message: str | None = None
        self.outcome = ""

    def open(self, token: Token) -> None:
        self._token = token
        begin = {"kind": "begin", "title": self._title, "message": self._message}
        self._send({**begin, "cancellable": True})

    def report(self, message: str, percent: int | None = None) -> None:
        self._message = message
        self._send({"kind": "report", "message": message, "percentage": percent})

    def end(self) -> None:
        self._send({"kind": "end", "message": self.outcome or None})

    def _send(self, value: Json) -> None:
        if self._token is not None:
            given = {key: entry for key, entry in value.items() if entry is not None}
            self._client.progress(self._token, given)


class Bars:
    """The running bars: the client's cancel button ends the task that a bar belongs to."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tasks: dict[Token, asyncio.Task[object]] = {}

    @asynccontextmanager
    async def show(self, title: str, token: Token | None = None) -> AsyncIterator[Bar]:
        """A bar for the calling task: at once on the client's token, else after a moment."""
        bar, task = Bar(self._client, title), asyncio.current_task()
        assert task is not None, "only a task can be cancelled"
        ours = token if token is not None else str(uuid.uuid4())
        opening = None
        if token is None:
            opening = asyncio.create_task(self._open_later(bar, ours, task))
        else:
            self._open(bar, token, task)
        try:
            yield bar
        finally:
            if opening is not None:
                opening.cancel()
            self._tasks.pop(ours, None)
            bar.end()

    def cancel(self, token: Token) -> None:
        if task := self._tasks.get(token):
            task.cancel()

    def _open(self, bar: Bar, token: Token, task: asyncio.Task[object]) -> None:
        self._tasks[token] = task
        bar.open(token)

    async def _open_later(self, bar: Bar, token: Token, task: asyncio.Task[object]) -> None:
        await asyncio.sleep(MOMENT_SECONDS)
        if await self._client.create_progress(token):
            self._open(bar, token, task)
