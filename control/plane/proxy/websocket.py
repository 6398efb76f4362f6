"""Proxies websockets: subprotocol, headers, query, close codes and large messages."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from control.plane.exceptions import Unavailable
from control.plane.proxy.headers import WEBSOCKET_ONLY, end_to_end, target

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.http11 import Response

    from control.plane.proxy.backend import Backend
    from control.plane.proxy.gate import Gate
    from control.plane.proxy.http import Message, Receive, Send

MESSAGE_LIMIT = 100 * 1024 * 1024
INTERNAL_ERROR = 1011
# Codes that stand for "no code was received"; they may not be sent (RFC 6455, 7.4.1).
UNSENDABLE = frozenset({1005, 1006, 1015})
LOST = "The inference process ended."


class WebSocketProxy:
    """The ASGI application for websockets."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one websocket."""
        await receive()
        try:
            backend = self._gate.backend or await self._gate.admit()
        except Unavailable as reason:
            body = json.dumps({"error": str(reason)}).encode()
            await _refuse(503, "application/json", body, scope, send)
            return
        with backend.occupied():
            await _serve(backend, scope, receive, send)


async def _serve(backend: Backend, scope: Message, receive: Receive, send: Send) -> None:
    # Imported with the first websocket: most Trusses never see one.
    from websockets.exceptions import InvalidStatus, WebSocketException

    try:
        upstream = await _connect(backend, scope)
    except InvalidStatus as refusal:
        await _deny(refusal.response, scope, send)
        return
    except (OSError, WebSocketException):
        body = json.dumps({"error": LOST}).encode()
        await _refuse(502, "application/json", body, scope, send)
        return
    async with upstream:
        await send(_acceptance(upstream))
        await _relay(upstream, receive, send)


async def _connect(backend: Backend, scope: Message) -> ClientConnection:
    from websockets.asyncio.client import unix_connect
    from websockets.typing import Subprotocol

    headers: list[tuple[bytes, bytes]] = scope["headers"]
    host = dict(headers).get(b"host", b"localhost").decode("latin-1")
    forwarded = end_to_end(headers, WEBSOCKET_ONLY | {b"host"})
    return await unix_connect(
        backend.socket_path,
        f"ws://{host}{target(scope).decode('ascii')}",
        subprotocols=[Subprotocol(name) for name in scope["subprotocols"]] or None,
        additional_headers=[(name.decode(), value.decode("latin-1")) for name, value in forwarded],
        user_agent_header=None,
        compression=None,
        max_size=MESSAGE_LIMIT,
        ping_interval=None,
    )


def _acceptance(upstream: ClientConnection) -> Message:
    assert upstream.response is not None, "connected without a response"
    headers = [
        (name.lower().encode(), value.encode("latin-1"))
        for name, value in upstream.response.headers.raw_items()
    ]
    return {
        "type": "websocket.accept",
        "subprotocol": upstream.subprotocol,
        "headers": [h for h in end_to_end(headers, WEBSOCKET_ONLY) if h[0] != b"date"],
    }


async def _deny(response: Response, scope: Message, send: Send) -> None:
    """The model's refusal of the handshake."""
    content_type = response.headers.get("content-type", "text/plain")
    await _refuse(response.status_code, content_type, bytes(response.body or b""), scope, send)


async def _refuse(status: int, content_type: str, body: bytes, scope: Message, send: Send) -> None:
    """Refuses the handshake, with the reason where the server in front can send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": INTERNAL_ERROR, "reason": ""})
        return
    headers = [
        (b"content-type", content_type.encode("latin-1")),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


async def _relay(upstream: ClientConnection, receive: Receive, send: Send) -> None:
    """Passes messages both ways until one side closes, then closes the other with its code."""
    sides = [
        asyncio.create_task(_to_model(upstream, receive)),
        asyncio.create_task(_to_client(upstream, send)),
    ]
    try:
        done, _ = await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        for side in done:
            side.result()
    finally:
        for side in sides:
            side.cancel()
        await asyncio.gather(*sides, return_exceptions=True)


async def _to_model(upstream: ClientConnection, receive: Receive) -> None:
    from websockets.exceptions import ConnectionClosed

    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            code = message.get("code") or 1000
            await upstream.close(1001 if code in UNSENDABLE else code, message.get("reason") or "")
            return
        data = message.get("bytes")
        try:
            await upstream.send(message["text"] if data is None else data)
        except ConnectionClosed:
            # The other direction reports how it was closed.
            await asyncio.Future()


async def _to_client(upstream: ClientConnection, send: Send) -> None:
    from websockets.exceptions import ConnectionClosed

    try:
        while True:
            message = await upstream.recv()
            kind = "text" if isinstance(message, str) else "bytes"
            await send({"type": "websocket.send", kind: message})
    except ConnectionClosed:
        await _close_client(upstream, send)


async def _close_client(upstream: ClientConnection, send: Send) -> None:
    code = upstream.close_code or INTERNAL_ERROR
    if code in UNSENDABLE:
        lost = code == 1006
        code = INTERNAL_ERROR if lost else 1000
    reason = upstream.close_reason or (LOST if code == INTERNAL_ERROR else "")
    await send({"type": "websocket.close", "code": code, "reason": reason})
