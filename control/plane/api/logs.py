"""`GET /control/logs`."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from control.plane.exceptions import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from control.plane.supervisor.logbook import LogBook

TAIL = 200
TAIL_LIMIT = 100_000
_NUMBER = re.compile(r"[0-9]{1,15}")
MEDIA_TYPE = "text/plain; charset=utf-8"


async def answer_logs(request: Request, log: LogBook) -> Response:
    """The last `tail` lines, then with `follow` everything that comes."""
    tail = _number(request.query_params.get("tail", str(TAIL)))
    if request.query_params.get("follow", "") in ("1", "true", "yes"):
        return StreamingResponse(_follow(log, tail), media_type=MEDIA_TYPE)
    return PlainTextResponse(await asyncio.to_thread(log.tail, tail), media_type=MEDIA_TYPE)


async def _follow(log: LogBook, tail: int) -> AsyncIterator[bytes]:
    # Registered first: a line between the two may come twice, but none is lost.
    with log.following() as chunks:
        yield await asyncio.to_thread(log.tail, tail)
        async for chunk in chunks:
            yield chunk


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidRequest("'tail' must be a number of lines.")
    return min(int(text), TAIL_LIMIT)
