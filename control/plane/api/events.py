"""`GET /control/events`: the status now and whenever it changes, one JSON line each."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from control.plane.api.status import status_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from control.plane.plane import ControlPlane

NDJSON = "application/x-ndjson"
# Silence for longer than this means that the connection is lost.
HEARTBEAT_SECONDS = 15.0
# A patch changes several things within milliseconds; its end is what matters.
TOGETHER_SECONDS = 0.05
# Memory moves all the time; less than this is not worth a word.
MEMORY_STEP_MB = 16


def answer_events(plane: ControlPlane) -> StreamingResponse:
    """A stream that the client ends, or the end of this process."""
    return StreamingResponse(_events(plane), media_type=NDJSON)


async def _events(plane: ControlPlane) -> AsyncIterator[bytes]:
    told: Mapping[str, Any] | None = None
    with plane.changes.listening() as changed:
        while not plane.changes.has_ended:
            changed.clear()
            status = await status_of(plane)
            if (lasting := _lasting(status)) != told:
                told = lasting
                yield _line({"event": "status", **status})
            while not await _is_set(changed):
                if _lasting(status := await status_of(plane)) != told:
                    break
                yield _line({"event": "alive"})
            await asyncio.sleep(TOGETHER_SECONDS)


async def _is_set(changed: asyncio.Event) -> bool:
    """Whether something changed before a word was due anyway."""
    try:
        await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
    except asyncio.TimeoutError:
        return False
    return True


def _lasting(status: Mapping[str, Any]) -> dict[str, Any]:
    """What of a status is news when it differs."""
    memory = {
        role: megabytes and megabytes // MEMORY_STEP_MB
        for role, megabytes in status["memory_mb"].items()
    }
    return {**status, "uptime_seconds": None, "memory_mb": memory}


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"
