"""Collects orphans, for when the control plane is a container's first process.

A process whose parent is gone becomes a child of process 1; unless that waits for it, it stays a
zombie and keeps its pid. asyncio waits only for what it started itself.
"""

from __future__ import annotations

import asyncio
import os
import signal

# Whoever started a process collects it within moments of its end; were we quicker, its exit status
# would be lost to them. What is still a zombie after this time is nobody's.
GRACE_SECONDS = 0.5


class Reaper:
    """Reaps on SIGCHLD what nobody else waits for: one zombie per grace, the first in the kernel's
    order, which hides the others."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waits = False

    def start(self) -> None:
        """Begins; only useful for process 1."""
        self._loop.add_signal_handler(signal.SIGCHLD, self._look)

    def _look(self) -> None:
        if self._waits:
            return
        pid = _first_zombie()
        if pid is not None:
            self._waits = True
            self._loop.call_later(GRACE_SECONDS, self._collect, pid)

    def _collect(self, pid: int) -> None:
        self._waits = False
        if _first_zombie() == pid:
            os.waitpid(pid, os.WNOHANG)
        self._look()


def _first_zombie() -> int | None:
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return None
    return ended.si_pid if ended is not None else None
