"""How proxied websockets end, and that frames are followed wherever they are cut."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from proxy_stage import Request, ScriptedBackend, Stage, proxy_stage
from websockets.frames import Frame, Opcode

from control.plane.proxy.frames import Frames, close_frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LARGE = 100 * 2**20
# The key and the answer to it of RFC 6455, 1.3.
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = (
    b"GET /v1/websocket HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: " + KEY.encode() + b"\r\n\r\n"
)
ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    b"connection: upgrade\r\nupgrade: websocket\r\n\r\n"
)


def frame(payload: bytes, opcode: Opcode = Opcode.BINARY, *, mask: bool = False) -> bytes:
    return Frame(opcode, payload).serialize(mask=mask)


CLOSE_1000 = close_frame(1000, "done")
SEQUENCE = (
    frame(b"")
    + frame(b"a" * 125)
    + frame(b"b" * 126, Opcode.TEXT)
    + frame(b"c" * 70_000)
    + frame(b"\x88\x00", Opcode.PING, mask=True)
    + frame(b"d" * 300, mask=True)
)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000, len(SEQUENCE)])
def test_frames_are_followed_wherever_they_are_cut(step: int) -> None:
    frames = Frames()
    for start in range(0, len(SEQUENCE), step):
        frames.feed(SEQUENCE[start : start + step])
    assert frames.at_boundary
    assert not frames.closed
    frames.feed(CLOSE_1000[:1])
    assert not frames.at_boundary
    frames.feed(CLOSE_1000[1:])
    assert (frames.at_boundary, frames.closed) == (True, True)


def test_a_frame_of_which_a_part_is_missing_has_no_boundary() -> None:
    frames = Frames()
    for byte in frame(b"x" * 200)[:-1]:
        frames.feed(bytes([byte]))
        assert not frames.at_boundary


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


def scripted(folder: Path, talk: Talk) -> ScriptedBackend:
    """A model that accepts RFC 6455's sample key, then does what `talk` does."""

    async def accept(
        _request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(ACCEPTED)
        await talk(reader, writer)
        writer.close()

    return ScriptedBackend(folder / "s", accept)


async def opened(stage: Stage) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await stage.raw(UPGRADE)
    assert await reader.readuntil(b"\r\n\r\n") == ACCEPTED
    return reader, writer


@pytest.mark.parametrize(
    ("last", "seen"),
    [
        (frame(b"x") + CLOSE_1000, frame(b"x") + CLOSE_1000),
        (frame(b"x"), frame(b"x") + close_frame(1011, "The inference process ended.")),
        (b"", close_frame(1011, "The inference process ended.")),
        # In the middle of a frame a close frame would be taken for its content.
        (frame(b"xyz")[:-1], frame(b"xyz")[:-1]),
        (frame(b"x" * 200)[:2], frame(b"x" * 200)[:2]),
    ],
)
async def test_what_the_client_sees_when_the_model_ends(
    stage: Stage, tmp_path: Path, last: bytes, seen: bytes
) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(last)

    async with scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await opened(stage)
        assert await reader.read() == seen
        writer.close()
        await asyncio.wait_for(backend.backend.quiet(), 30)


async def test_a_client_that_is_gone_is_gone_for_the_model(stage: Stage, tmp_path: Path) -> None:
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        received.set_result(await reader.read())

    async with scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        _, writer = await opened(stage)
        words = frame(b"last words", mask=True)
        writer.write(words)
        writer.close()
        assert await asyncio.wait_for(received, 30) == words
        await asyncio.wait_for(backend.backend.quiet(), 30)


async def test_an_open_websocket_holds_its_version_until_it_ends(
    stage: Stage, tmp_path: Path
) -> None:
    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        _, writer = await opened(stage)
        assert backend.backend.in_flight == 1
        # A version that is replaced keeps what it has begun.
        backend.backend.retire()
        assert backend.backend.in_flight == 1
        writer.close()
        await asyncio.wait_for(backend.backend.quiet(), 30)


async def test_the_end_of_the_server_has_a_close_code(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with proxy_stage() as stage, scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await opened(stage)
        await asyncio.wait_for(stage.front.close(30), 30)
        assert await reader.read() == close_frame(1012, "The server is shutting down.")
        writer.close()


async def test_a_large_message_crosses_both_ways_without_being_held(
    stage: Stage, tmp_path: Path
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(2**20):
            writer.write(data)
            await writer.drain()

    async with scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await opened(stage)
        message = frame(bytes(LARGE))
        writer.write(message)
        received = 0
        while received < len(message):
            received += len(await reader.read(2**20))
        assert received == len(message)
        writer.close()


async def test_what_a_client_sends_with_the_handshake_is_refused(
    stage: Stage, tmp_path: Path
) -> None:
    async def talk(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise AssertionError("nothing of this reaches the model")

    async with scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(UPGRADE + b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        assert backend.requests == []
        writer.close()


async def test_what_a_client_sends_before_the_model_has_accepted_is_refused(
    stage: Stage, tmp_path: Path
) -> None:
    left = asyncio.Event()

    async def hesitate(
        _request: Request, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        assert await reader.read() == b""
        left.set()

    async with ScriptedBackend(tmp_path / "s", hesitate) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(UPGRADE)
        while not backend.requests:
            await asyncio.sleep(0.01)
        writer.write(frame(b"too early", mask=True))
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        await asyncio.wait_for(left.wait(), 30)
        writer.close()


async def test_after_a_refused_handshake_the_connection_ends(stage: Stage, tmp_path: Path) -> None:
    async def refuse(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno")

    async with ScriptedBackend(tmp_path / "s", refuse) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(UPGRADE)
        assert (await reader.read()).endswith(b"connection: close\r\n\r\nno")
        writer.close()


async def test_a_model_that_switches_protocols_unasked_is_not_followed(
    stage: Stage, tmp_path: Path
) -> None:
    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with scripted(tmp_path, talk) as backend:
        stage.gate.open(backend.backend)
        reader, writer = await stage.raw(b"POST /v1/x HTTP/1.1\r\nhost: a\r\n\r\n")
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 502 ")
        writer.close()
