"""One process at a time: advisory locks on files, waited for without blocking the event loop."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

_INTERVAL = 0.05  # seconds; a thread that waits in flock could not be cancelled


@asynccontextmanager
async def exclusive(path: Path, waiting: Callable[[], None] | None = None) -> AsyncIterator[None]:
    """Hold the lock on `path`; `waiting` is called once when someone else has it.

    The kernel drops the lock with its holder, so a killed process blocks nobody.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _acquire(descriptor):
            if waiting is not None:
                waiting()
            while not _acquire(descriptor):
                await asyncio.sleep(_INTERVAL)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether someone holds the lock at this moment."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _acquire(descriptor)
    finally:
        os.close(descriptor)
