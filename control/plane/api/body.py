"""Request bodies: counted while they arrive, so that the limit also bounds memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from control.plane.exceptions import InvalidRequest, TooLarge

if TYPE_CHECKING:
    from starlette.requests import Request


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it has more than `limit` bytes, announced or sent.
        InvalidRequest: the client left in the middle.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    except ClientDisconnect:
        raise InvalidRequest("The client left before the body was complete.") from None
    return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"A patch may have {limit / 2**20:g} MiB; rebuild, or raise --body-limit at the start."
    )
