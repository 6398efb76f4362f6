"""Replaced processes finish what they have begun, within limits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from control.plane.supervisor.process import InferenceProcess

# A version whose requests hang must not pile up copies of itself, patch after patch.
DRAINING_LIMIT = 2


class Drainage:
    """The processes that get no requests any more. `limit` is their time, in seconds."""

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._draining: list[InferenceProcess] = []

    async def drain(self, process: InferenceProcess, reason: str) -> None:
        """Ends `process` once it is idle or its time is up; the oldest make room at once.

        Requests that are cut off are told `reason`.
        """
        self._draining.append(process)
        process.backend.lost_message = reason
        excess = self._draining[:-DRAINING_LIMIT]
        await asyncio.gather(process.drain(self._limit), *(older.stop() for older in excess))
        self._draining.remove(process)
