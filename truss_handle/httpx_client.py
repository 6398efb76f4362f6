"""httpx's client, for what is not hot: uploads, logs, events. Why: see `truss_handle.http`."""

from __future__ import annotations

import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from truss_handle.http.kept import IDLE_SECONDS
from truss_handle.per_loop import PerLoop

_LIMITS = httpx.Limits(max_connections=None, keepalive_expiry=IDLE_SECONDS)


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


_kept = PerLoop(_client, httpx.AsyncClient.aclose)


def said_of(error: httpx.HTTPError) -> str:
    """Why a request failed, in words: some failures of httpx come without any."""
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return str(error) or "the connection broke off"


async def http_client() -> httpx.AsyncClient:
    """The client of the running event loop, for every server; not to be closed."""
    return await _kept.get()
