"""The wire: framed JSON-RPC messages in, through pygls' protocol object, one at a time.

pygls' own loop reads through the thread pool that slow handlers share, answers nothing to a
message it cannot structure, and starts a request although its cancellation has already arrived.
Hence this one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled
from pygls.io_ import StdoutWriter

if TYPE_CHECKING:
    from pygls.lsp.server import LanguageServer
    from pygls.protocol import LanguageServerProtocol

logger = logging.getLogger(__name__)

Message = dict[str, Any]
CANCEL = "$/cancelRequest"
VERSION = "2.0"


class FrameReader(threading.Thread):
    """Reads frames on a thread of its own, so that busy workers never keep an edit waiting.

    A daemon: a read that never returns must not keep the process alive.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(name="lsp-stdin", daemon=True)
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self.frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    def run(self) -> None:
        body: bytes | None = b""
        while body is not None:
            body = read_frame(self._stream)
            try:
                self._loop.call_soon_threadsafe(self.frames.put_nowait, body)
            except RuntimeError:  # the loop is closed: the server has ended, nobody listens
                return

    async def batch(self) -> list[bytes | None]:
        """Every frame that has arrived, at least one; None stands for the end of the stream."""
        frames = [await self.frames.get()]
        while not self.frames.empty():
            frames.append(self.frames.get_nowait())
        return frames


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next message body; None at the end. Lines that are no headers are skipped."""
    length = 0
    try:
        while line := stream.readline():
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
            elif not line.strip() and length:
                body = stream.read(length)
                return body if len(body) == length else None
    except (OSError, ValueError):  # closed under us
        pass
    return None


async def serve(server: LanguageServer, reader: BinaryIO, writer: BinaryIO) -> int:
    """Handles messages until ``exit`` or the end of the stream; returns the process's exit code."""
    server.protocol.set_writer(StdoutWriter(writer))
    incoming = FrameReader(reader)
    incoming.start()
    while True:
        frames = await incoming.batch()
        messages = [message for frame in frames if frame and (message := decode(frame))]
        cancelled = cancelled_ids(messages)
        for message in messages:
            try:
                if is_request(message) and message["id"] in cancelled:
                    refuse_cancelled(server, message["id"])
                else:
                    dispatch(server, message)
            except SystemExit as exit_request:
                return int(exit_request.code or 0)
            except (BrokenPipeError, ConnectionError):
                return 1
            await asyncio.sleep(0)  # what a handler has scheduled gets its turn
        if frames[-1] is None:
            return 1  # the client vanished without saying goodbye


def decode(frame: bytes) -> Message | None:
    try:
        message = json.loads(frame)
    except (ValueError, RecursionError) as error:
        logger.error("Dropped a message that is not JSON: %s", error)
        return None
    return message if isinstance(message, dict) and message.get("jsonrpc") == VERSION else None


def is_request(message: Message) -> bool:
    return "id" in message and "method" in message


def cancelled_ids(messages: list[Message]) -> list[Any]:
    """Ids whose cancellation arrived together with the request itself: not worth starting.

    A list, as nothing has looked yet whether they are numbers or texts.
    """
    told = [message.get("params") for message in messages if message.get("method") == CANCEL]
    return [params["id"] for params in told if isinstance(params, dict) and "id" in params]


def refuse_cancelled(server: LanguageServer, msg_id: int | str) -> None:
    error = JsonRpcRequestCancelled(f'Request with id "{msg_id}" is canceled')
    server.protocol._send_response(msg_id, error=error.to_response_error())


def dispatch(server: LanguageServer, message: Message) -> None:
    """Structures one message and handles it; a request that cannot be structured is answered so."""
    protocol = server.protocol
    try:
        structured = protocol.structure_message(message)
    except JsonRpcException as error:
        logger.error("Malformed %s: %s", message.get("method", "response"), error.message)
        if is_request(message):
            protocol._send_response(message["id"], error=error.to_response_error())
        return
    handler = notified(protocol, message)
    if handler is None:
        protocol.handle_message(structured)
        return
    with suppress(JsonRpcException):  # our boundary has logged it
        handler(structured.params)


def notified(protocol: LanguageServerProtocol, message: Message) -> Callable[[Any], object] | None:
    """Our handler of a notification in which pygls has no part: it is called as it stands.

    A keystroke is one of these; pygls would make an id, a future and a context for it, for which
    nothing asks.
    """
    method = message.get("method")
    if "id" in message or protocol._shutdown or method in protocol.fm.builtin_features:
        return None
    return protocol.fm.features.get(method)
