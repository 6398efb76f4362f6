"""Text that comes in small pieces, on its way to the editor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

INTERVAL_SECONDS = 0.03  # shorter than anybody sees; models and logs may write far more often


class Pieces:
    """Hands on what comes: the first piece at once, others at most every 30 ms."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self._send = send
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, text: str) -> None:
        self._waiting.append(text)
        if self._timer is None:
            self._hand_on()

    def flush(self) -> None:
        """Nothing more comes: what waits is handed on."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            self._send("".join(self._waiting))
            self._waiting.clear()

    def _hand_on(self) -> None:
        self.flush()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(INTERVAL_SECONDS, self._next)

    def _next(self) -> None:
        self._timer = None
        if self._waiting:
            self._hand_on()
