"""What a server tells line by line, for as long as it is listened to: its log, its events."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import httpx

from truss_handle.access import authorization
from truss_handle.http.connection import unavailable
from truss_handle.httpx_client import http_client, said_of
from truss_handle.problems import decoded, exception_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from truss_handle.values import Running

_PATIENT = httpx.Timeout(10.0, read=None)
# Three times as long as the control plane is ever silent on such a connection.
_TALKATIVE = httpx.Timeout(10.0, read=45.0)


def logs(running: Running, *, tail: int, follow: bool) -> AsyncGenerator[str, None]:
    """Lines of the inference server's output. Raises ServerUnavailable."""
    parameters = {"tail": str(tail), "follow": "true" if follow else "false"}
    return _lines(running, "/control/logs", _PATIENT, parameters)


async def events(running: Running) -> AsyncGenerator[dict[str, Any], None]:
    """What the control plane tells: "status" now and on every change, "alive" in between.

    Raises ServerUnavailable, also for a connection that went silent; PatchRefused (type
    `not_found`) of an older server.
    """
    async with aclosing(_lines(running, "/control/events", _TALKATIVE)) as lines:
        async for line in lines:
            event = json.loads(line)
            if isinstance(event, dict):
                yield event


async def _lines(
    running: Running,
    path: str,
    timeout: httpx.Timeout,
    parameters: Mapping[str, str] | None = None,
) -> AsyncGenerator[str, None]:
    client, url, headers = await http_client(), f"{running.url}{path}", authorization(running)
    try:
        async with client.stream(
            "GET", url, params=parameters, headers=headers, timeout=timeout
        ) as response:
            if response.status_code >= 400:
                raise exception_of(response.status_code, decoded(await response.aread()))
            async for line in response.aiter_lines():
                yield line
    except httpx.HTTPError as error:
        raise unavailable(running.url, said_of(error)) from error
