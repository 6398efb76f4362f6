"""Connections that outlive a question: the next one to the same server need not open another."""

from __future__ import annotations

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

# Less than what the servers wait (75 s): who closes first must be who asks next.
_IDLE_SECONDS = 60.0
_LIMITS = httpx.Limits(max_connections=None, keepalive_expiry=_IDLE_SECONDS)

_Kept = tuple[httpx.AsyncClient, "AsyncGenerator[httpx.AsyncClient, None]"]
_kept: dict[asyncio.AbstractEventLoop, _Kept] = {}


async def http_client() -> httpx.AsyncClient:
    """The HTTP client of the running event loop, for every server; not to be closed."""
    loop = asyncio.get_running_loop()
    if loop not in _kept:
        lifetime = _lifetime(loop)
        _kept[loop] = await anext(lifetime), lifetime
    return _kept[loop][0]


async def _lifetime(loop: asyncio.AbstractEventLoop) -> AsyncGenerator[httpx.AsyncClient, None]:
    """A client until the loop ends: asynchronous generators are what `asyncio.run` closes then."""
    client = _client()
    try:
        yield client
    finally:
        del _kept[loop]
        await client.aclose()


def _client() -> httpx.AsyncClient:
    # Loopback: never through the user's proxy. Loading the system's certificates, which plain HTTP
    # does not need, would be half of the time of a request. And cookies know no ports: those of
    # one model would go to all.
    return httpx.AsyncClient(
        trust_env=False,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        limits=_LIMITS,
    )
