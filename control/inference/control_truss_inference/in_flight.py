"""What still runs on one version of the model."""

from __future__ import annotations

from typing import Callable


class InFlight:
    """Counts requests, streams and websockets. Touched on the event loop only."""

    def __init__(self) -> None:
        self.count = 0
        self._when_idle: Callable[[], None] | None = None

    def enter(self) -> None:
        """One more."""
        self.count += 1

    def leave(self) -> None:
        """One less; the last one after `when_idle` calls back."""
        self.count -= 1
        self._tell()

    def when_idle(self, call: Callable[[], None]) -> None:
        """Calls once nothing is counted any more, at once if nothing is. Nothing may be added
        afterwards."""
        self._when_idle = call
        self._tell()

    def _tell(self) -> None:
        if self.count == 0 and self._when_idle is not None:
            call, self._when_idle = self._when_idle, None
            call()
