"""Sends contents that travel apart from their patch, and goes on where a cut has left them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx

from truss_handle.access import authorization
from truss_handle.exceptions import PatchRefused, ServerUnavailable
from truss_handle.http.connection import unavailable
from truss_handle.httpx_client import http_client, said_of
from truss_handle.problems import decoded, exception_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from truss_handle.values import Running

_ATTEMPTS, _PAUSE = 20, 0.5  # a server that is started again takes seconds
_RESUMED_BYTES = _BLOCK = 1 << 20
_QUICK = httpx.Timeout(10.0)
_PATIENT = httpx.Timeout(10.0, read=None)


async def send_blob(running: Running, digest: str, file: Path, offset: int, size: int) -> None:
    """Send `size` bytes of a file from `offset` on, as the blob with this digest.

    After a cut it goes on where the server's part ends. Raises PatchRefused, ServerUnavailable.
    """
    for remaining in reversed(range(_ATTEMPTS)):
        try:
            # Also at first: an earlier process may have been cut off.
            done = await _uploaded(running, digest) if size > _RESUMED_BYTES else 0
            await _put(running, digest, file, offset + done, size - done, done)
            return
        except ServerUnavailable:
            if not remaining:
                raise
        except PatchRefused as refusal:
            # What the server has changed between question and answer.
            if not remaining or refusal.problem.get("type") != "blob_offset":
                raise
        await asyncio.sleep(_PAUSE)


async def _uploaded(running: Running, digest: str) -> int:
    """Bytes of the blob that the server has."""
    response = await _asked(running, "HEAD", digest, timeout=_QUICK)
    return int(response.headers.get("Upload-Offset", "0"))


async def _put(
    running: Running, digest: str, file: Path, offset: int, size: int, done: int
) -> None:
    """Send `size` bytes of the file from `offset` on, after the `done` bytes that are there."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(size),
        "Upload-Offset": str(done),
    }
    content = _part(file, offset, size)
    await _asked(running, "PUT", digest, headers, content=content, timeout=_PATIENT)


async def _asked(
    running: Running, method: str, digest: str, headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    client, url = await http_client(), f"{running.url}/control/blobs/{digest}"
    given = {**authorization(running), **(headers or {})}
    try:
        response = await client.request(method, url, headers=given, **more)
    except httpx.HTTPError as error:
        raise unavailable(running.url, said_of(error)) from error
    if response.status_code >= 400:
        raise exception_of(response.status_code, decoded(response.content))
    return response


async def _part(file: Path, offset: int, size: int) -> AsyncIterator[bytes]:
    """Some bytes of a file, a block at a time. A file that ends too early ends the request."""
    with await asyncio.to_thread(file.open, "rb", buffering=0) as stream:
        stream.seek(offset)
        while size > 0:
            block = await asyncio.to_thread(stream.read, min(_BLOCK, size))
            if not block:
                message = f"{file} became shorter while it was sent"
                raise PatchRefused(message, problem={"type": "blob_mismatch"})
            size -= len(block)
            yield block
