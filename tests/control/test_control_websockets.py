"""Proxied websockets, against a real websocket server on a Unix socket."""

from __future__ import annotations

import asyncio
import contextlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from proxy_stage import Stage, proxy_stage
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from control.plane.proxy.backend import Backend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

LIMIT = 100 * 2**20


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with proxy_stage() as stage:
        yield stage


@contextlib.asynccontextmanager
async def model(
    stage: Stage,
    path: Path,
    handler: Callable[[ServerConnection], Awaitable[None]],
    **options: Any,
) -> AsyncIterator[Backend]:
    """A websocket server as the backend, open at the gate."""
    backend = Backend(str(path))
    async with unix_serve(handler, backend.socket_path, max_size=LIMIT, **options):
        stage.gate.open(backend)
        yield backend


def ask(stage: Stage, path: str = "/v1/websocket", **options: Any) -> Any:
    return connect(f"ws://127.0.0.1:{stage.port}{path}", max_size=LIMIT, proxy=None, **options)


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


async def closing(client: ClientConnection) -> tuple[int | None, str | None]:
    with pytest.raises(ConnectionClosed):
        await client.recv()
    return client.close_code, client.close_reason


@pytest.mark.parametrize(
    "message", ["text ü", "", b"\x00\xff", b"", "x" * 2**20, b"y" * 20 * 2**20]
)
async def test_messages_of_every_kind_and_size(
    stage: Stage, tmp_path: Path, message: str | bytes
) -> None:
    async with model(stage, tmp_path / "s", echo), ask(stage) as client:
        await client.send(message)
        assert await client.recv() == message


async def test_the_handshake_crosses_with_query_headers_and_subprotocol(
    stage: Stage, tmp_path: Path
) -> None:
    seen: list[Any] = []

    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        seen.append((socket.request.path, socket.request.headers))
        await socket.send("ready")

    options = {"subprotocols": ["v2", "v1"]}
    async with (
        model(stage, tmp_path / "s", handler, subprotocols=["v1"]),
        ask(stage, "/v1/websocket?a=%20b", additional_headers={"x-key": "1"}, **options) as client,
    ):
        assert await client.recv() == "ready"
        assert client.subprotocol == "v1"
    path, headers = seen[0]
    assert path == "/v1/websocket?a=%20b"
    assert headers["x-key"] == "1"
    assert headers["host"] == f"127.0.0.1:{stage.port}"


async def test_the_models_close_code_reaches_the_client(stage: Stage, tmp_path: Path) -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.close(4001, "enough")

    async with model(stage, tmp_path / "s", handler), ask(stage) as client:
        assert await closing(client) == (4001, "enough")


async def test_the_clients_close_code_reaches_the_model(stage: Stage, tmp_path: Path) -> None:
    closed = asyncio.get_running_loop().create_future()

    async def handler(socket: ServerConnection) -> None:
        await socket.wait_closed()
        closed.set_result((socket.close_code, socket.close_reason))

    async with model(stage, tmp_path / "s", handler) as backend:
        async with ask(stage) as client:
            await client.close(4002, "bye")
        assert await asyncio.wait_for(closed, 30) == (4002, "bye")
        await asyncio.wait_for(backend.quiet(), 30)


async def test_a_model_that_dies_closes_the_websocket(stage: Stage, tmp_path: Path) -> None:
    async def handler(socket: ServerConnection) -> None:
        socket.transport.abort()

    async with model(stage, tmp_path / "s", handler), ask(stage) as client:
        assert await closing(client) == (1011, "The inference process ended.")


async def test_a_handshake_the_model_refuses_keeps_its_status(stage: Stage, tmp_path: Path) -> None:
    def refuse(socket: ServerConnection, _request: Any) -> Any:
        return socket.respond(HTTPStatus.NOT_FOUND, "no websocket here")

    async with model(stage, tmp_path / "s", echo, process_request=refuse):
        with pytest.raises(InvalidStatus) as refusal:
            await ask(stage)
    assert refusal.value.response.status_code == 404
    assert refusal.value.response.body == b"no websocket here"


async def test_websockets_wait_at_the_gate_and_not_for_ever() -> None:
    async with proxy_stage(patience=0.2) as stage:
        with pytest.raises(InvalidStatus) as refusal:
            await ask(stage)
    assert refusal.value.response.status_code == 503
    assert b"still loading" in (refusal.value.response.body or b"")
