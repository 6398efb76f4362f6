"""Several requests on one connection: in order, never mixed, whoever answers them."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest
from proxy_stage import Request, ScriptedBackend, Stage, proxy_stage

from control.plane.proxy import client_connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

GET = b"GET /v1/x HTTP/1.1\r\nhost: a\r\n"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


async def echo(
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answers with the method, the target and the body."""
    body = await reader.readexactly(int(request.header("content-length") or 0))
    method, target, _ = request.line.split()
    answer = f"{method} {target} ".encode() + body
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer))
    if method != "HEAD":
        writer.write(answer)


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer, whose length is announced or which comes in chunks."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert head.startswith(b"http/1.1 200"), head
    if b"content-length: " in head:
        return await reader.readexactly(int(head.partition(b"content-length: ")[2].split()[0]))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body


async def test_requests_for_the_model_and_for_the_api_share_a_connection(
    stage: Stage, tmp_path: Path
) -> None:
    requests, expected = b"", []
    for number in range(300):
        body = b"%d" % number * (number % 7)
        framed = b"content-length: %d\r\n\r\n%b" % (len(body), body)
        path, answer = b"/v1/%d" % number, b"POST /v1/%d " % number + body
        if number % 3 == 0:
            path, answer = b"/control/%d" % number, body
            if number % 2:
                framed = b"transfer-encoding: chunked\r\n\r\n" + chunked(body)
        requests += b"POST %b HTTP/1.1\r\nhost: a\r\n%b" % (path, framed)
        expected.append(answer)
    async with ScriptedBackend(tmp_path / "s", echo) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(b"")
        for start in range(0, len(requests), 997):
            # Cut at every place a request may be cut.
            writer.write(requests[start : start + 997])
            await asyncio.sleep(0)
        assert [await read_answer(reader) for _ in expected] == expected
        writer.close()


def chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 3] for start in range(0, len(body), 3)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


async def test_a_path_in_disguise_is_still_the_apis(stage: Stage, tmp_path: Path) -> None:
    async with ScriptedBackend(tmp_path / "s", echo) as backend:
        stage.gate.open(backend.backend)
        for path in (b"/control", b"/%63ontrol/patch", b"http://a/control/patch", b"/control?a=b"):
            reader, writer = await stage.raw(
                b"POST %b HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi" % path
            )
            assert await read_answer(reader) == b"hi"
            writer.close()
        assert backend.requests == []


async def test_more_requests_than_may_wait_are_left_in_the_kernel(
    stage: Stage, tmp_path: Path
) -> None:
    released = asyncio.Event()

    async def hold(
        request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await released.wait()
        await echo(request, reader, writer)

    count = 20_000
    async with ScriptedBackend(tmp_path / "s", hold) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(b"".join(GET + b"\r\n" for _ in range(count)))
        while not backend.requests:
            await asyncio.sleep(0.01)
        released.set()
        for _ in range(count):
            assert await read_answer(reader) == b"GET /v1/x "
        writer.close()


@pytest.mark.parametrize(
    ("head", "kept"),
    [
        (b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n", True),
        (b"HEAD /v1/x HTTP/1.1\r\nhost: a\r\n\r\n", True),
        (b"GET /v1/x HTTP/1.1\r\nhost: a\r\nConnection: Close\r\n\r\n", False),
        (b"GET /v1/x HTTP/1.0\r\n\r\n", False),
        (b"HEAD /v1/x HTTP/1.0\r\n\r\n", False),
    ],
)
async def test_who_keeps_the_connection(
    stage: Stage, tmp_path: Path, head: bytes, kept: bool
) -> None:
    async with ScriptedBackend(tmp_path / "s", echo) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(head)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert (b"connection: close" in answer) is not kept
        if kept:
            writer.write(b"POST /v1/y HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n!")
            assert (await reader.readuntil(b"!")).endswith(b"POST /v1/y !")
            # A HEAD whose length was announced has not cost the connection to the model either.
            assert len(backend.requests) == 2
        else:
            await reader.read()
        writer.close()


async def test_an_unknown_length_for_a_client_that_knows_no_chunks(
    stage: Stage, tmp_path: Path
) -> None:
    async def stream(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + chunked(b"abcdef"))

    async with ScriptedBackend(tmp_path / "s", stream) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(b"GET /v1/x HTTP/1.0\r\n\r\n")
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert body == b"abcdef"
        writer.close()


async def test_a_client_that_takes_its_time_for_a_head_is_told(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_connection, "HEAD_SECONDS", 0.3)
    async with ScriptedBackend(tmp_path / "s", echo) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(GET + b"\r\n")
        assert await read_answer(reader) == b"GET /v1/x "
        answer = asyncio.ensure_future(reader.read())
        for byte in itertools.chain(GET, itertools.repeat(ord("x"))):
            # A byte now and then does not buy more time.
            writer.write(bytes([byte]))
            await asyncio.wait({answer}, timeout=0.05)
            if answer.done():
                break
        assert answer.result().startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_silent_client_is_let_go(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_connection, "IDLE_SECONDS", 0.2)
    reader, writer = await stage.raw(b"")
    assert await asyncio.wait_for(reader.read(), 30) == b""
    assert not stage.front.connections
    writer.close()
