"""Collects orphans, for when the control plane is a container's first process.

A process whose parent is gone becomes a child of process 1; unless that waits for it, it stays a
zombie and keeps its pid. asyncio waits only for what it started itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

# asyncio may be about to collect a child of its own; look again shortly after.
AGAIN_SECONDS = 0.1


class Reaper:
    """Reaps on SIGCHLD everything but the children that `ours` names."""

    def __init__(self, ours: Callable[[], Collection[int]]) -> None:
        self._ours = ours
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begins; only useful for process 1."""
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)

    def stop(self) -> None:
        """Ends."""
        self._loop.remove_signal_handler(signal.SIGCHLD)

    def _reap(self) -> None:
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            if ended.si_pid in self._ours():
                # It hides whatever ended after it until asyncio has collected it.
                self._loop.call_later(AGAIN_SECONDS, self._reap)
                return
            os.waitpid(ended.si_pid, os.WNOHANG)
