"""The process itself: what it imports, what it survives, how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]
INITIALIZE: Json = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}


class RawServer:
    """A server process spoken to in bytes."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            command or (sys.executable, "-m", "lsp_server"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def send(self, message: Json) -> None:
        self.send_bytes(json.dumps(message).encode())

    def send_bytes(self, body: bytes, header: bytes = b"Content-Length: %d\r\n\r\n") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(header % len(body) + body)
        self.process.stdin.flush()

    def receive(self) -> Json:
        """The next message. Anything on stdout that is no message fails here."""
        assert self.process.stdout is not None
        header = {}
        while line := self.process.stdout.readline().strip():
            name, value = line.split(b":")
            header[name.lower()] = value
        answer: Json = json.loads(self.process.stdout.read(int(header[b"content-length"])))
        return answer

    def answer_to(self, msg_id: int) -> Json:
        while True:
            message = self.receive()
            if message.get("id") == msg_id and "method" not in message:
                return message

    def end(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout=20)


@pytest.fixture
def server() -> Iterator[RawServer]:
    raw = RawServer()
    yield raw
    raw.end()
    for stream in (raw.process.stdout, raw.process.stderr):
        assert stream is not None
        stream.close()


def test_shutdown_and_exit_end_the_process_cleanly(server: RawServer) -> None:
    server.send(INITIALIZE)
    assert server.receive()["result"]["serverInfo"]["name"] == "control-truss"
    server.send({"jsonrpc": "2.0", "id": 2, "method": "shutdown"})
    assert server.receive() == {"id": 2, "jsonrpc": "2.0", "result": None}
    server.send({"jsonrpc": "2.0", "method": "exit"})
    assert server.process.wait(timeout=20) == 0


def test_a_client_that_vanishes_ends_the_process(server: RawServer) -> None:
    server.send(INITIALIZE)
    server.receive()
    assert server.end() == 1


def test_unknown_arguments_are_refused() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lsp_server", "--tcp"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "usage:" in ran.stderr


NOISE = {
    "no json": b"not json",
    "array": b"[]",
    "deep": b"[" * 100_000,
    "bytes": b"\xff\xfe",
    "null": b"null",
    "empty": b"{}",
    "no version": b'{"id": 17, "method": "shutdown"}',
    "another version": b'{"jsonrpc": "1.0", "method": "exit"}',
    "cancels nothing": b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {}}',
    "cancels a text": b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": "id"}',
    "cancels a list": b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": [7]}}',
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
def test_a_message_that_is_none_is_dropped(server: RawServer, noise: bytes) -> None:
    server.send_bytes(noise)
    server.send(INITIALIZE)
    assert server.receive()["id"] == 1


def test_headers_in_any_spelling_and_order(server: RawServer) -> None:
    body = json.dumps(INITIALIZE).encode()
    server.send_bytes(body, b"Content-Type: x; charset=utf-8\r\ncontent-length:%d\r\n\r\n")
    assert server.receive()["id"] == 1


def test_a_request_with_wrong_parameters_is_answered(server: RawServer) -> None:
    server.send(INITIALIZE)
    server.receive()
    server.send({"jsonrpc": "2.0", "id": 2, "method": "textDocument/codeAction", "params": {}})
    assert server.answer_to(2)["error"]["code"] == -32602


def test_an_unknown_command_is_answered(server: RawServer) -> None:
    server.send(INITIALIZE)
    server.receive()
    params = {"command": "truss.fly", "arguments": []}
    server.send({"jsonrpc": "2.0", "id": 2, "method": "workspace/executeCommand", "params": params})
    assert "truss.fly" in server.answer_to(2)["error"]["message"]


def test_a_request_cancelled_before_it_was_read_is_not_started() -> None:
    """Both messages lie in the pipe before the server looks, as under load."""
    action = {
        "textDocument": {"uri": "file:///nowhere/config.yaml"},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
        "context": {"diagnostics": []},
    }
    messages = [
        INITIALIZE,
        {"jsonrpc": "2.0", "id": 2, "method": "textDocument/codeAction", "params": action},
        {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 2}},
    ]
    bodies = [json.dumps(message).encode() for message in messages]
    stream = b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)
    ran = subprocess.run(
        [sys.executable, "-m", "lsp_server"], input=stream, capture_output=True, check=False
    )
    assert b'"id": 1' in ran.stdout
    assert b"-32800" in ran.stdout


HEAVY = (
    *("truss", "pydantic", "docker", "httpx", "fastapi", "ruamel", "requests", "yaml"),
    *("truss_base.config", "truss_base.document", "truss_base.validation", "importlib.metadata"),
)


def test_initialize_is_answered_before_anything_heavy_is_imported() -> None:
    program = f"""
import asyncio, os, sys, threading
from lsp_server import rpc, server
from lsp_server.server import Server
import io, json
class Ends(io.BytesIO):
    def close(self): pass
body = json.dumps({INITIALIZE!r}).encode()
out = Ends()
stream = io.BytesIO(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
asyncio.run(rpc.serve(Server(), stream, out))
assert b'"capabilities"' in out.getvalue()
print(*sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []


def test_garbage_is_collected_again_once_everything_is_imported(tmp_path: Path) -> None:
    """`main` switches the collector off for the imports."""
    program = """
import gc, sys
from pathlib import Path
gc.disable()
from lsp_server.pages import Pages
from lsp_server.server import warm
warm(Pages(Path(sys.argv[1])))
print(gc.isenabled(), gc.get_freeze_count() > 50_000)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["True", "True"]


def test_stray_output_does_not_reach_the_protocol() -> None:
    program = """
import os, sys
from lsp_server.__main__ import claim_stdio
reader, writer = claim_stdio()
print("stray")
os.write(1, b"stray from C\\n")
os.system("echo stray from a child")
writer.write(b"protocol"); writer.flush()
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert ran.stdout == b"protocol"
    assert ran.stderr.count(b"stray") == 3


def test_a_handler_that_raises_costs_one_line() -> None:
    """The boundary itself, on a handler made to fail."""
    program = """
import asyncio, logging, sys
logging.basicConfig(format="%(message)s")
from pygls.exceptions import JsonRpcInternalError
from lsp_server.boundary import guarded
from lsp_server.timings import Timings
def broken(params): raise KeyError("no\\nluck")
async def broken_later(params): raise KeyError("later")
timings = Timings()
for call in (guarded("a/b", broken, timings), guarded("c/d", broken_later, timings)):
    try:
        result = call({})
        asyncio.run(result)
    except JsonRpcInternalError as error:
        print(error.message)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == [
        "a/b failed: KeyError: 'no\\nluck'",
        "c/d failed: KeyError: 'later'",
    ]
    assert len(ran.stderr.splitlines()) == 2
