"""What the proxy refuses before any model sees it, and what becomes of heads that cross."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from proxy_stage import Request, ScriptedBackend, Stage, proxy_stage

from control.plane.proxy.request_parser import HEAD_LIMIT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
GET = b"GET /v1/x HTTP/1.1\r\nhost: a\r\n"
POST = b"POST /v1/x HTTP/1.1\r\nhost: a\r\n"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


@pytest.fixture
async def backend(stage: Stage, tmp_path: Path) -> AsyncIterator[ScriptedBackend]:
    async def answer(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(OK)

    async with ScriptedBackend(tmp_path / "s", answer) as backend:
        stage.gate.open(backend.backend)
        yield backend


async def exchange(stage: Stage, data: bytes) -> bytes:
    """Everything that is answered to `data` on a connection of its own."""
    reader, writer = await stage.raw(data)
    if b"connection: close" not in data.lower():
        writer.write(GET + b"connection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


REFUSED = {
    "two lengths": (POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd", 400),
    "a length twice": (POST + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc", 400),
    "a list of lengths": (POST + b"content-length: 3, 3\r\n\r\nabc", 400),
    "a signed length": (POST + b"content-length: +3\r\n\r\nabc", 400),
    "length and chunks": (
        POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks and length": (
        POST + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
        400,
    ),
    "another coding": (POST + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "chunks not last": (POST + b"transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    "nearly chunked": (POST + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
    "two codings": (
        POST + b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunks in HTTP/1.0": (
        b"POST /v1/x HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "bare LF": (GET + b"x: a\nb: c\r\n\r\n", 400),
    "bare CR": (GET + b"x: a\rb: c\r\n\r\n", 400),
    "folded header": (GET + b"x: a\r\n b\r\n\r\n", 400),
    "space before the colon": (GET + b"x : a\r\n\r\n", 400),
    "space before the name": (b"GET /v1/x HTTP/1.1\r\n host: a\r\n\r\n", 400),
    "NUL": (GET + b"x: a\0b\r\n\r\n", 400),
    "no Host": (b"GET /v1/x HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (GET + b"host: b\r\n\r\n", 400),
    "HTTP/2.0": (b"GET /v1/x HTTP/2.0\r\nhost: a\r\n\r\n", 505),
    "a TLS greeting": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    "no path": (b"OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", 400),
    "a head too large": (GET + b"x: " + b"a" * HEAD_LIMIT + b"\r\n\r\n", 431),
    "an endless head": (GET + b"x: a\r\n" * HEAD_LIMIT, 431),
    "endless trailers": (
        POST + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"x: a\r\n" * HEAD_LIMIT,
        431,
    ),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
async def test_refused_with_nothing_answered_after_it(
    stage: Stage, backend: ScriptedBackend, data: bytes, status: int
) -> None:
    answer = await exchange(stage, data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"connection: close" in head
    assert json.loads(body)["error"]
    assert [request.line for request in backend.requests if "GET" in request.line] == []


@pytest.mark.parametrize(
    "body",
    [b"3\nabc\r\n0\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n", b"-1\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n"],
)
async def test_a_body_that_cannot_be_read_ends_its_request(
    stage: Stage, tmp_path: Path, body: bytes
) -> None:
    ended = asyncio.Event()

    async def read(
        _request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        while await reader.read(100):
            pass
        ended.set()

    async with ScriptedBackend(tmp_path / "reading", read) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(POST + b"transfer-encoding: chunked\r\n\r\n")
        while not backend.requests:
            await asyncio.sleep(0.01)
        writer.write(body)
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        await asyncio.wait_for(ended.wait(), 30)
        writer.close()


async def test_what_was_asked_before_the_nonsense_is_answered(
    stage: Stage, backend: ScriptedBackend
) -> None:
    answer = await exchange(stage, GET + b"\r\n" + GET + b"\r\n" + b"nonsense\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.rindex(b"HTTP/1.1 400") > answer.rindex(b"HTTP/1.1 200")
    assert len(backend.requests) == 2


@pytest.mark.parametrize(
    ("sent", "line", "host"),
    [
        (b"GET http://b:81/v1/y?z=1 HTTP/1.1\r\nhost: a", "GET /v1/y?z=1 HTTP/1.1", "b:81"),
        (b"GET http://b HTTP/1.1\r\nhost: a", "GET / HTTP/1.1", "b"),
        (b"GET /v1/y HTTP/1.0", "GET /v1/y HTTP/1.1", "localhost"),
        (b"GET //v1/../y HTTP/1.1\r\nHost: A", "GET //v1/../y HTTP/1.1", "A"),
    ],
)
async def test_targets_and_hosts(
    stage: Stage, backend: ScriptedBackend, sent: bytes, line: str, host: str
) -> None:
    await exchange(stage, sent + b"\r\nconnection: close\r\n\r\n")
    assert backend.requests[0].line == line
    assert backend.requests[0].header("host") == host


async def test_headers_about_the_connection_do_not_cross(
    stage: Stage, backend: ScriptedBackend
) -> None:
    headers = (
        b"Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
        b"Proxy-Connection: x\r\nProxy-Authorization: x\r\nUpgrade: h2c\r\nX-Kept: 1\r\n"
    )
    await exchange(stage, GET + headers + b"\r\n")
    assert backend.requests[0].headers == [("host", "a"), ("X-Kept", "1")]


async def test_an_upgrade_we_do_not_offer_is_an_ordinary_request(
    stage: Stage, backend: ScriptedBackend
) -> None:
    answer = await exchange(stage, GET + b"Connection: upgrade\r\nUpgrade: h2c\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert [request.header("upgrade") for request in backend.requests] == [None, None]
