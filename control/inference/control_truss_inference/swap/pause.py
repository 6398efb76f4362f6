"""Holds requests for as long as a swap needs none to begin."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..application import Application
    from ..version import Version

# Requests are held this long at most: until those in flight have ended, then until the commit.
QUIET_SECONDS = 0.1
PAUSE_SECONDS = 1.0


class Pause:
    """One at a time; it belongs to the event loop, but for `wait_for_idle` and `end_soon`."""

    def __init__(self, application: Application, loop: asyncio.AbstractEventLoop) -> None:
        self._application = application
        self._loop = loop
        self._ends: asyncio.TimerHandle | None = None

    def wait_for_idle(self, version: Version) -> bool:
        """Holds requests that come; whether those in flight have ended soon. Blocks."""
        return asyncio.run_coroutine_threadsafe(self._idle(version), self._loop).result()

    def end_soon(self) -> None:
        """Lets requests go on, from another thread."""
        self._loop.call_soon_threadsafe(self.end)

    def end(self) -> None:
        """Lets requests go on."""
        if self._ends is not None:
            self._ends.cancel()  # it would end a later pause
            self._ends = None
        self._application.resume()

    async def _idle(self, version: Version) -> bool:
        self._application.pause()
        end = time.monotonic() + QUIET_SECONDS
        while version.in_flight.count and time.monotonic() < end:
            await asyncio.sleep(0.001)
        if self._ends is not None:
            self._ends.cancel()
        # In case that neither a commit nor a failure follows, which resume at once.
        self._ends = self._loop.call_later(PAUSE_SECONDS, self._application.resume)
        return not version.in_flight.count
