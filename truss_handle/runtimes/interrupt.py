"""Ending a blocking read from another thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Interrupt:
    """Handed to a call that blocks in a thread: the call says how to end it, once it can be.

    `trigger` may come from any thread, before, while and after the call blocks.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._triggered = False
        self._end: Callable[[], object] = lambda: None

    def ends_by(self, end: Callable[[], object]) -> None:
        """From now on `trigger` calls `end`, at most once; at once when it came before."""
        with self._lock:
            if not self._triggered:
                self._end = end
                return
        end()

    def trigger(self) -> None:
        """End the call."""
        with self._lock:
            end, self._end = self._end, lambda: None
            self._triggered = True
        end()
