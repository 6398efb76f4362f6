"""`/control/blobs`: what is missing, and receiving it."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, TypeGuard
from weakref import WeakValueDictionary

from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from control.plane.api.body import read_body
from control.plane.exceptions import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request

    from control.plane.blobs.store import BlobStore, Upload
    from control.plane.blobs.supply import BlobSupply

DIGEST = re.compile(r"[0-9a-f]{64}")
_BYTES = re.compile(r"[0-9]{1,18}")
# Written in blocks of this size: what an upload holds in memory.
BLOCK = 1 << 20
# A client that takes so long for a block has gone; what came is kept.
STALLED_SECONDS = 120.0
OFFSET, COMPLETE = "Upload-Offset", "Upload-Complete"


class BlobRoutes:
    """One upload of a blob at a time; a second one of the same waits, and finds it complete."""

    def __init__(self, store: BlobStore, supply: BlobSupply, body_limit: int) -> None:
        self._store = store
        self._supply = supply
        self._body_limit = body_limit
        # By digest, each for as long as somebody has it or waits for it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def missing(self, request: Request) -> Response:
        """`POST /control/blobs/missing`."""
        body = await read_body(request, self._body_limit)
        digests, near = _asked(body)
        missing = await asyncio.to_thread(self._supply.missing, digests, near)
        return JSONResponse({"missing": missing})

    async def head(self, digest: str) -> Response:
        """`HEAD /control/blobs/{sha256}`: how far it has come."""
        _require_digest(digest)
        size = await asyncio.to_thread(self._store.size, digest)
        offset = await asyncio.to_thread(self._store.offset, digest) if size is None else size
        headers = {OFFSET: str(offset), COMPLETE: "?0" if size is None else "?1"}
        return Response(status_code=204 if size is None else 200, headers=headers)

    async def put(self, digest: str, request: Request) -> Response:
        """`PUT /control/blobs/{sha256}`: all of it, or the rest from `Upload-Offset` on."""
        _require_digest(digest)
        offset, announced = _number(request, OFFSET) or 0, _number(request, "Content-Length")
        async with self._locks.setdefault(digest, asyncio.Lock()):
            size = await asyncio.to_thread(self._store.size, digest)
            if size is not None:
                return JSONResponse({"sha256": digest, "size": size})
            upload = await asyncio.to_thread(self._store.receive, digest, offset, announced)
            try:
                await _receive(request, upload)
                await asyncio.to_thread(upload.finish)
            finally:
                upload.close()
        return JSONResponse({"sha256": digest, "size": upload.size}, status_code=201)


async def _receive(request: Request, upload: Upload) -> None:
    stream, more = request.stream(), True
    while more:
        block = bytearray()
        try:
            more = await asyncio.wait_for(_fill(block, stream), STALLED_SECONDS)
        except ClientDisconnect:
            raise InvalidRequest("The client left; it may go on where its upload ended.") from None
        except asyncio.TimeoutError:
            raise InvalidRequest("The upload came to a halt; go on where it ended.") from None
        finally:
            # Also what came before the client left.
            await asyncio.to_thread(upload.write, block)


async def _fill(block: bytearray, stream: AsyncGenerator[bytes, None]) -> bool:
    """Fills a block from a body; False when the body has ended."""
    async for chunk in stream:
        block += chunk
        if len(block) >= BLOCK:
            return True
    return False


def _asked(body: bytes) -> tuple[list[str], list[str]]:
    """The digests asked for, and the paths of files that may hold them."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.") from None
    if isinstance(value, list):
        value = {"blobs": value}
    if not isinstance(value, dict):
        raise InvalidRequest("The body must be a list of sha256, or {'blobs', 'near'}.")
    digests: object = value.get("blobs")
    near: object = value.get("near", [])
    if not _is_texts(digests) or not all(map(DIGEST.fullmatch, digests)):
        raise InvalidRequest("'blobs' must be a list of sha256: 64 hexadecimal digits each.")
    if not _is_texts(near):
        raise InvalidRequest("'near' must be a list of paths in the Truss.")
    return digests, near


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _require_digest(digest: str) -> None:
    if DIGEST.fullmatch(digest) is None:
        raise InvalidRequest("A blob is named by its sha256: 64 hexadecimal digits.")


def _number(request: Request, header: str) -> int | None:
    text = request.headers.get(header)
    if text is None:
        return None
    if not _BYTES.fullmatch(text):
        raise InvalidRequest(f"{header} must be a number of bytes.")
    return int(text)
