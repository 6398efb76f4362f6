"""What slow, large and many clients cost the control plane."""

from __future__ import annotations

import asyncio
import contextlib
import resource
from typing import TYPE_CHECKING

import pytest
from proxy_process import ProxyProcess, proxy_process
from proxy_stage import Request, ScriptedBackend

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

MEBIBYTE = 2**20
TOTAL = 300 * MEBIBYTE
BLOCK = bytes(65536)
IDLE_CLIENTS = 10_000
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = b"%x\r\n%b\r\n" % (len(BLOCK), BLOCK)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[ProxyProcess]:
    with proxy_process(tmp_path) as process:
        yield process


async def until_still(progress: Callable[[], int]) -> None:
    """Returns once nothing moves any more."""
    before = -1
    while progress() != before:
        before = progress()
        await asyncio.sleep(0.3)


async def read_to_blank_line(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n")


@pytest.mark.parametrize("head", [b"content-length: %d" % TOTAL, b"transfer-encoding: chunked"])
async def test_a_slow_client_costs_no_memory(
    proxy: ProxyProcess, tmp_path: Path, head: bytes
) -> None:
    sent = 0

    async def flood(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        while sent < TOTAL:
            writer.write(CHUNKED if b"chunked" in head else BLOCK)
            await writer.drain()
            sent += len(BLOCK)

    async with ScriptedBackend(tmp_path / "s", flood):
        before = proxy.peak_memory
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n")
        await read_to_blank_line(reader)
        await until_still(lambda: sent)
        assert sent < TOTAL / 4
        received = 0
        while received < TOTAL:
            received += len(await reader.read(MEBIBYTE))
        assert proxy.peak_memory - before < 8 * MEBIBYTE
        writer.close()


async def test_a_slow_model_costs_no_memory(proxy: ProxyProcess, tmp_path: Path) -> None:
    hungry = asyncio.Event()

    async def dawdle(
        _request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await hungry.wait()
        await reader.readexactly(TOTAL)
        writer.write(OK)

    async with ScriptedBackend(tmp_path / "s", dawdle):
        await upload_slowly(proxy, hungry.set)


async def test_a_body_that_waits_for_a_model_costs_no_memory(
    proxy: ProxyProcess, tmp_path: Path
) -> None:
    async def eat(
        _request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readexactly(TOTAL)
        writer.write(OK)

    # Nobody listens yet: requests are held.
    async with contextlib.AsyncExitStack() as stack:
        backend = ScriptedBackend(tmp_path / "s", eat)
        await upload_slowly(proxy, lambda: stack.enter_async_context(backend))


async def upload_slowly(
    proxy: ProxyProcess, release: Callable[[], Awaitable[object] | None]
) -> None:
    """Uploads to a model that reads nothing before `release`."""
    before, sent = proxy.peak_memory, 0
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"POST /v1/x HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % TOTAL)

    async def upload() -> None:
        nonlocal sent
        while sent < TOTAL:
            writer.write(BLOCK)
            await writer.drain()
            sent += len(BLOCK)

    uploading = asyncio.create_task(upload())
    await until_still(lambda: sent)
    assert sent < TOTAL / 4
    if (released := release()) is not None:
        await released
    await uploading
    await read_to_blank_line(reader)
    assert await reader.readexactly(2) == b"ok"
    assert proxy.peak_memory - before < 8 * MEBIBYTE
    writer.close()


async def test_ten_thousand_idle_clients(proxy: ProxyProcess, tmp_path: Path) -> None:
    async def answer(
        _request: Request, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(OK)

    if not allowed_descriptors(IDLE_CLIENTS + 1000):
        pytest.skip(f"this process may not open {IDLE_CLIENTS} connections")
    loop = asyncio.get_running_loop()
    async with ScriptedBackend(tmp_path / "s", answer):
        before = proxy.memory
        idle = []
        for _ in range(IDLE_CLIENTS):
            transport, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", proxy.port)
            idle.append(transport)
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        for _ in range(100):
            writer.write(b"GET /v1/x HTTP/1.1\r\nhost: a\r\n\r\n")
            await read_to_blank_line(reader)
            assert await reader.readexactly(2) == b"ok"
        assert (proxy.memory - before) / IDLE_CLIENTS < 8 * 1024
        assert not any(transport.is_closing() for transport in idle)
        for transport in (*idle, writer):
            transport.close()


def allowed_descriptors(count: int) -> bool:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    return True
