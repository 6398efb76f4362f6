"""The data path, against backends that behave well, badly, and not at all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from proxy_stage import Request, ScriptedBackend, Stage, proxy_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
POST = b"POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nbody"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stage.url, timeout=30, trust_env=False) as client:
        yield client


async def read_body(request: Request, reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int(request.header("content-length") or 0))


def answering(response: bytes, *, close: bool = False):
    async def script(
        request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await read_body(request, reader)
        writer.write(response)
        if close:
            writer.close()

    return script


async def test_the_request_arrives_as_it_was_sent(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with ScriptedBackend(tmp_path / "s", answering(OK)) as backend:
        stage.gate.open(backend.backend)
        headers = [("x-a", "1"), ("x-a", "2"), ("te", "trailers"), ("host", "model.example")]
        await client.request("DELETE", "/v1/a%2Fb;c/%C3%A9?q=1&q=%20", headers=headers)
    request = backend.requests[0]
    assert request.line == "DELETE /v1/a%2Fb;c/%C3%A9?q=1&q=%20 HTTP/1.1"
    assert [value for name, value in request.headers if name == "x-a"] == ["1", "2"]
    assert request.header("host") == "model.example"
    assert request.header("te") is None
    assert request.header("connection") is None


async def test_the_answer_arrives_as_it_was_given(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    answer = (
        b"HTTP/1.1 418 Whatever\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        b"Connection: x-hop, content-length\r\nX-Hop: secret\r\nX-Kept: yes\r\n"
        b"Content-Length: 3\r\n\r\ntea"
    )
    async with ScriptedBackend(tmp_path / "s", answering(answer)) as backend:
        stage.gate.open(backend.backend)
        response = await client.get("/v1/tea")
    assert (response.status_code, response.text) == (418, "tea")
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["x-kept"] == "yes"
    assert "x-hop" not in response.headers


@pytest.mark.parametrize(
    ("method", "answer", "status", "body"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", 200, b""),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\netag: x\r\n\r\n", 304, b""),
        ("GET", b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, 200, b"ok"),
        ("POST", b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
        ("GET", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
    ],
)
async def test_answers_without_a_body_or_with_a_prelude(
    stage: Stage,
    client: httpx.AsyncClient,
    tmp_path: Path,
    method: str,
    answer: bytes,
    status: int,
    body: bytes,
) -> None:
    async with ScriptedBackend(tmp_path / "s", answering(answer)) as backend:
        stage.gate.open(backend.backend)
        for _ in range(2):
            response = await client.request(method, "/v1/x")
            assert (response.status_code, response.content) == (status, body)


async def test_an_answer_that_ends_with_its_connection(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    script = answering(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", close=True)
    async with ScriptedBackend(tmp_path / "s", script) as backend:
        stage.gate.open(backend.backend)
        assert (await client.get("/v1/x")).text == "until the end"


async def test_bodies_stream_both_ways(stage: Stage, tmp_path: Path) -> None:
    async def echo(
        _request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
        writer.write(head + b"transfer-encoding: chunked\r\n\r\n")
        while True:
            size = await reader.readuntil(b"\r\n")
            writer.write(size + await reader.readexactly(int(size, 16) + 2))
            if int(size, 16) == 0:
                return

    async with ScriptedBackend(tmp_path / "s", echo) as backend:
        stage.gate.open(backend.backend)
        head = b"POST /v1/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        reader, writer = await stage.raw(head + b"3\r\none\r\n")
        assert b"content-type: text/event-stream" in await reader.readuntil(b"\r\n\r\n")
        assert await reader.readuntil(b"one\r\n") == b"3\r\none\r\n"
        writer.write(b"5\r\nthree\r\n")
        assert await reader.readuntil(b"three\r\n") == b"5\r\nthree\r\n"
        writer.write(b"0\r\n\r\n")
        assert await reader.readuntil(b"0\r\n\r\n") == b"0\r\n\r\n"
        writer.close()


async def test_large_bodies_arrive_whole(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    body = bytes(range(256)) * 80_000

    async def echo(
        request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        data = await read_body(request, reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data))

    async with ScriptedBackend(tmp_path / "s", echo) as backend:
        stage.gate.open(backend.backend)
        assert (await client.post("/v1/x", content=body)).content == body


async def test_pipelined_requests_are_answered_in_order(stage: Stage, tmp_path: Path) -> None:
    async def number(
        request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        digit = request.line.split()[1][-1].encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n" + digit)

    async with ScriptedBackend(tmp_path / "s", number) as backend:
        stage.gate.open(backend.backend)
        requests = [b"GET /v1/%d HTTP/1.1\r\nhost: a\r\n\r\n" % n for n in range(3)]
        reader, writer = await stage.raw(b"".join(requests))
        for digit in b"012":
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(1) == bytes([digit])
        writer.close()


async def test_a_slow_client_holds_the_model_back_instead_of_filling_memory(
    stage: Stage, tmp_path: Path
) -> None:
    total, sent = 200 * 2**20, 0

    async def flood(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % total)
        for _ in range(total // 65536):
            writer.write(bytes(65536))
            await writer.drain()
            sent += 65536

    async with ScriptedBackend(tmp_path / "s", flood) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.2)
        assert 0 < sent < total / 4
        await reader.readexactly(total)
        assert sent == total
        writer.close()


async def test_a_client_that_leaves_cancels_the_model(stage: Stage, tmp_path: Path) -> None:
    left = asyncio.Event()

    async def wait(
        request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await read_body(request, reader)
        assert await reader.read() == b""
        left.set()

    async with ScriptedBackend(tmp_path / "s", wait) as backend:
        stage.gate.open(backend.backend)
        _, writer = await stage.raw(POST)
        while not backend.requests:
            await asyncio.sleep(0.01)
        writer.close()
        await asyncio.wait_for(left.wait(), 30)
        await asyncio.wait_for(backend.backend.quiet(), 30)
    assert stage.traffic.lost == 0, "nobody was let down"


async def test_a_client_that_leaves_at_the_gate_never_reaches_the_model(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with ScriptedBackend(tmp_path / "s", answering(OK)) as backend:
        _, writer = await stage.raw(POST)
        while not stage.traffic.requests:
            await asyncio.sleep(0.01)
        writer.close()
        waiting = asyncio.create_task(client.get("/v1/other"))
        while stage.traffic.requests < 2:
            await asyncio.sleep(0.01)
        # The disconnect came first and was handled before this one's turn.
        stage.gate.open(backend.backend)
        await waiting
        assert [request.line for request in backend.requests] == ["GET /v1/other HTTP/1.1"]


async def test_success_is_reported_for_what_makes_the_model_work(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with ScriptedBackend(tmp_path / "s", answering(OK)) as backend:
        stage.gate.open(backend.backend)
        await client.get("/v1/models/model")
        assert stage.successes == []
        await client.post("/v1/models/model:predict", content=b"{}")
        assert stage.successes == [backend.backend]
