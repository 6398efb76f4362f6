"""Answers that begin, wait or break off at unusual moments, and the end of the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from proxy_stage import Request, ScriptedBackend, Stage, proxy_stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
GET = b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n"
EXPECTING = b"POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nExpect: 100-continue\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


async def reading_requests(stage: Stage, count: int) -> None:
    while stage.traffic.requests < count:
        await asyncio.sleep(0.01)


async def test_the_model_says_when_a_body_may_come(stage: Stage, tmp_path: Path) -> None:
    async def invite(
        request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        assert request.header("expect") == "100-continue"
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await reader.readexactly(4) == b"body"
        writer.write(OK)

    reader, writer = await stage.raw(EXPECTING)
    # Nobody invites a body while no model could take it.
    await reading_requests(stage, 1)
    async with ScriptedBackend(tmp_path / "s", invite) as backend:
        stage.gate.open(backend.backend)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body" + EXPECTING)
        assert await reader.readuntil(b"ok") == OK
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.close()


async def test_a_body_the_model_does_not_want_is_never_asked_for(
    stage: Stage, tmp_path: Path
) -> None:
    async def refuse(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")

    async with ScriptedBackend(tmp_path / "s", refuse) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(EXPECTING)
        # The connection ends: what comes next on it could be the body or another request.
        assert (await reader.read()).startswith(b"HTTP/1.1 413 Too Large\r\n")
        writer.close()
        # Neither is the one to the model used again.
        reader, writer = await stage.raw(EXPECTING)
        assert (await reader.read()).startswith(b"HTTP/1.1 413 Too Large\r\n")
        writer.close()


@pytest.mark.parametrize(
    ("request_line", "crosses"),
    [(b"GET /v1/x HTTP/1.1\r\nhost: a", True), (b"GET /v1/x HTTP/1.0", False)],
)
async def test_early_hints_cross_to_who_understands_them(
    stage: Stage, tmp_path: Path, request_line: bytes, crosses: bool
) -> None:
    async def hint(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\nconnection: y\r\n\r\n" + OK)

    async with ScriptedBackend(tmp_path / "s", hint) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(request_line + b"\r\nconnection: close\r\n\r\n")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n") is crosses
        assert answer.count(b"HTTP/1.1 200 OK") == 1
        writer.close()


async def test_an_answer_that_comes_while_the_body_is_still_sent(
    stage: Stage, tmp_path: Path
) -> None:
    async def interrupt(
        _request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readexactly(1000)
        writer.write(OK)

    async with ScriptedBackend(tmp_path / "s", interrupt) as backend:
        stage.gate.open(backend.backend)
        head = b"POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: 100000000\r\n\r\n"
        reader, writer = await stage.raw(head + bytes(1000))
        sending = asyncio.create_task(send_until_closed(writer))
        assert await reader.read() == OK
        await asyncio.wait_for(sending, 30)
        await asyncio.wait_for(backend.backend.quiet(), 30)
        assert stage.traffic.lost == 0


async def send_until_closed(writer: asyncio.StreamWriter) -> None:
    try:
        while not writer.is_closing():
            writer.write(bytes(65536))
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def test_events_arrive_as_they_happen(stage: Stage, tmp_path: Path) -> None:
    events: asyncio.Queue[bytes] = asyncio.Queue()

    async def stream(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(STREAM)
        while True:
            event = await events.get()
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))

    async with ScriptedBackend(tmp_path / "s", stream) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(GET)
        for number in range(5):
            events.put_nowait(b"data: %d\n\n" % number)
            assert b"data: %d\n\n" % number in await reader.readuntil(b"\n\n\r\n")
        writer.close()
        await asyncio.wait_for(backend.backend.quiet(), 30)


async def test_trailers_are_dropped(stage: Stage, tmp_path: Path) -> None:
    async def stream(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(STREAM + b"2\r\nok\r\n0\r\nx-trailer: 1\r\n\r\n")

    async with ScriptedBackend(tmp_path / "s", stream) as backend:
        stage.gate.open(backend.backend)
        for _ in range(2):
            reader, writer = await stage.raw(GET)
            answer = STREAM + b"2\r\nok\r\n0\r\n\r\n"
            assert await reader.readexactly(len(answer)) == answer
            writer.close()


@pytest.mark.parametrize(
    ("version", "head"),
    [
        (b"1.1", STREAM + b"4\r\nhalf\r\n"),
        (b"1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf"),
        (b"1.0", STREAM + b"4\r\nhalf\r\n"),
    ],
)
async def test_an_answer_that_breaks_off_never_looks_complete(
    stage: Stage, tmp_path: Path, version: bytes, head: bytes
) -> None:
    broken = asyncio.Event()

    async def break_off(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(head)
        await broken.wait()
        writer.close()

    async with ScriptedBackend(tmp_path / "s", break_off) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(b"GET /v1/x HTTP/%b\r\nhost: a\r\n\r\n" % version)
        await reader.readuntil(b"half")
        broken.set()
        if version == b"1.0":
            # Its end would be the end of the answer, so the connection is reset.
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert b"0\r\n\r\n" not in await reader.read()
        writer.close()


async def test_a_backend_that_says_too_much_is_not_asked_again_on_that_connection(
    stage: Stage, tmp_path: Path
) -> None:
    async def chatter(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret")

    async with ScriptedBackend(tmp_path / "s", chatter) as backend:
        stage.gate.open(backend.backend)
        for _ in range(3):
            reader, writer = await stage.raw(GET)
            assert await reader.readexactly(len(OK)) == OK
            writer.write(GET)
            assert await reader.readexactly(len(OK)) == OK
            writer.close()


async def test_the_end_lets_answers_complete_and_idle_clients_go(tmp_path: Path) -> None:
    finish = asyncio.Event()

    async def slow(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await finish.wait()
        writer.write(OK)

    async with proxy_stage() as stage, ScriptedBackend(tmp_path / "s", slow) as backend:
        stage.gate.open(backend.backend)
        idle, idle_writer = await stage.raw(b"")
        busy, busy_writer = await stage.raw(GET)
        await reading_requests(stage, 1)
        closing = asyncio.create_task(stage.front.close(30))
        assert await idle.read() == b""
        with pytest.raises(ConnectionRefusedError):
            await stage.raw(GET)
        finish.set()
        answer = await busy.read()
        assert answer.endswith(b"connection: close\r\n\r\nok")
        await asyncio.wait_for(closing, 30)
        for writer in (idle_writer, busy_writer):
            writer.close()


async def test_the_end_does_not_wait_for_ever(tmp_path: Path) -> None:
    async def never(
        _request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await reader.read()

    async with proxy_stage() as stage, ScriptedBackend(tmp_path / "s", never) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(GET)
        await reading_requests(stage, 1)
        await stage.front.close(0.1)
        assert await reader.read() == b""
        await asyncio.wait_for(backend.backend.quiet(), 30)
        writer.close()
