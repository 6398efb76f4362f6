"""What the proxy does when a backend dies: never send twice, never wait for ever, say so once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest
from proxy_stage import Request, ScriptedBackend, Stage, proxy_stage

from control.plane.proxy import gate as gate_module
from control.plane.proxy.backend import Backend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=stage.url, timeout=30, trust_env=False) as client:
        yield client


async def hang_up(
    _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    writer.close()


async def answer(
    request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    await reader.readexactly(int(request.header("content-length") or 0))
    writer.write(OK)


async def test_a_request_with_effects_is_never_sent_twice(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with ScriptedBackend(tmp_path / "s", hang_up) as backend:
        stage.gate.open(backend.backend)
        response = await client.post("/v1/models/model:predict", content=b"{}")
    assert response.status_code == 502
    assert "was not sent again" in response.json()["error"]
    assert response.headers["x-control-truss-error"] == "lost"
    assert len(backend.requests) == 1


async def test_a_request_without_effects_is_sent_once_more_to_the_successor(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with (
        ScriptedBackend(tmp_path / "old", hang_up) as old,
        ScriptedBackend(tmp_path / "new", answer) as new,
    ):
        stage.gate.open(old.backend)
        waiting = asyncio.create_task(client.get("/v1/schema"))
        while not old.requests:
            await asyncio.sleep(0.01)
        stage.gate.open(new.backend)
        assert (await waiting).status_code == 200
        assert (len(old.requests), len(new.requests)) == (1, 1)


async def test_an_idle_connection_that_was_closed_costs_no_request(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def answer_and_close(
        request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await answer(request, reader, writer)
        writer.close()

    async with ScriptedBackend(tmp_path / "s", answer_and_close) as backend:
        stage.gate.open(backend.backend)
        for _ in range(20):
            assert (await client.post("/v1/x", content=b"{}")).status_code == 200


async def test_a_process_that_is_gone_is_waited_out(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    stage.gate.open(Backend(str(tmp_path / "gone")))
    waiting = asyncio.create_task(client.post("/v1/x", content=b"{}"))
    while not stage.traffic.requests:
        await asyncio.sleep(0.01)
    async with ScriptedBackend(tmp_path / "s", answer) as backend:
        stage.gate.open(backend.backend)
        assert (await waiting).status_code == 200
        assert len(backend.requests) == 1


async def test_a_process_that_never_listens_is_reported(
    stage: Stage,
    client: httpx.AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate_module, "NOTICE_SECONDS", 0.1)
    stage.gate.open(Backend(str(tmp_path / "gone")))
    response = await client.post("/v1/x", content=b"{}")
    assert response.status_code == 502
    assert "accepts no connections" in response.json()["error"]


async def test_an_answer_that_breaks_off_is_not_made_to_look_complete(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def break_off(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        await writer.drain()
        writer.close()

    async with ScriptedBackend(tmp_path / "s", break_off) as backend:
        stage.gate.open(backend.backend)
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await client.get("/v1/x")


async def test_what_is_no_http_is_reported(
    stage: Stage, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    async def babble(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")

    async with ScriptedBackend(tmp_path / "s", babble) as backend:
        stage.gate.open(backend.backend)
        assert (await client.post("/v1/x", content=b"{}")).status_code == 502


async def test_a_refusing_gate_says_why(stage: Stage, client: httpx.AsyncClient) -> None:
    stage.gate.refuse("The model could not be loaded: ValueError: no weights")
    response = await client.post("/v1/x", content=b"{}")
    assert response.status_code == 503
    assert response.json() == {"error": "The model could not be loaded: ValueError: no weights"}
    assert response.headers["retry-after"] == "1"


async def test_a_held_gate_is_not_waited_at_for_ever(client: httpx.AsyncClient) -> None:
    async with proxy_stage(patience=0.2) as stage:
        response = await client.post(f"{stage.url}/v1/x", content=b"{}")
    assert response.status_code == 503
    assert "still loading after 0.2 s" in response.json()["error"]


async def test_a_refusal_with_an_unread_body_ends_the_connection(stage: Stage) -> None:
    stage.gate.refuse("closed")
    head = b"POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n"
    reader, writer = await stage.raw(head + b"x" * 1000)
    assert b"connection: close" in await reader.readuntil(b"\r\n\r\n")
    assert await reader.read() == b'{"error": "closed"}'
    writer.close()
