"""The routes of the model itself, which need no token: predictions, and whether it is loaded."""

from __future__ import annotations

import asyncio
import codecs
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from truss_handle.exceptions import PredictTimeout
from truss_handle.http.exchange import exchange
from truss_handle.http.messages import Request, json_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from truss_handle.http.exchange import Response
    from truss_handle.values import Running

_LOADED = Request("GET", "/v1/models/model/loaded")
_ERROR_ID = "x-control-truss-error-id"
_QUICK = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, as it came. `error_id` names a report that the server keeps."""

    status: int
    content: bytes
    content_type: str
    error_id: str | None
    first_byte_ms: float
    latency_ms: float


async def is_loaded(running: Running) -> bool:
    """Whether the model answers; also for plain servers. Raises ServerUnavailable."""
    async with exchange(running.url, _LOADED, _QUICK) as response:
        await response.read()
        return response.status == 200


async def ask(
    running: Running,
    path: str,
    payload: Any,
    timeout: float | None,
    on_text: Callable[[str], None] | None = None,
) -> Answer:
    """POST a payload to the model. `on_text` gets the pieces of a text that streams.

    Raises PredictTimeout after `timeout` seconds (None: as long as it takes), TypeError and
    ValueError for a payload that is no JSON.
    """
    request = json_request(path, payload, {})
    try:
        return await asyncio.wait_for(_asked(running.url, request, on_text), timeout)
    except asyncio.TimeoutError as error:
        raise PredictTimeout(
            f"the model did not answer within {timeout:g} s",
            hint="look at the logs, or allow more time (`timeout`, `--timeout`)",
        ) from error


async def _asked(url: str, request: Request, on_text: Callable[[str], None] | None) -> Answer:
    began = time.perf_counter()
    first: float | None = None
    content = bytearray()
    async with exchange(url, request, None) as response:
        pieces = _text_pieces(response) if on_text else None
        while piece := await response.piece():
            first = first or time.perf_counter()
            content += piece
            if on_text and pieces and (text := pieces.decode(piece)):
                on_text(text)
    ended = time.perf_counter()
    return Answer(
        status=response.status,
        content=bytes(content),
        content_type=response.headers.get("content-type", ""),
        error_id=response.headers.get(_ERROR_ID),
        first_byte_ms=((first or ended) - began) * 1000,
        latency_ms=(ended - began) * 1000,
    )


def _text_pieces(response: Response) -> codecs.IncrementalDecoder | None:
    """Decodes an answer that comes piece by piece; None for one that comes as a whole."""
    if "content-length" in response.headers or response.status >= 400:
        return None
    return codecs.getincrementaldecoder("utf-8")("replace")
