"""Work-done progress: one bar per operation, on the client's token or on one that we ask for."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from lsp_server.client import Client, Token
    from lsp_server.items import Json


class Bar:
    """What an operation reports to. Without a token it reports to nobody."""

    def __init__(self, client: Client, token: Token | None) -> None:
        self._client = client
        self._token = token
        self.outcome = ""

    def report(self, message: str, percent: int | None = None) -> None:
        self._send({"kind": "report", "message": message, "percentage": percent})

    def begin(self, title: str) -> None:
        self._send({"kind": "begin", "title": title, "cancellable": True})

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
        token = await self._token(token)
        bar = Bar(self._client, token)
        task = asyncio.current_task()
        if token is not None and task is not None:
            self._tasks[token] = task
        bar.begin(title)
        try:
            yield bar
        finally:
            if token is not None:
                self._tasks.pop(token, None)
            bar.end()

    def cancel(self, token: Token) -> None:
        if task := self._tasks.get(token):
            task.cancel()

    async def _token(self, given: Token | None) -> Token | None:
        if given is not None:
            return given
        created = str(uuid.uuid4())
        return created if await self._client.create_progress(created) else None
