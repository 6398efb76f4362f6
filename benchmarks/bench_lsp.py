"""The language server as an editor feels it: start to `initialize` reply, keystroke to diagnostics.

Spoken to in raw bytes over stdio, so that no client library's own work is measured with it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from benchmarks.report import Row, publish

STARTS = 10
KEYSTROKES = 200
WARM_UP = 5
LINES = 30
Message = dict[str, Any]
CONFIG = """\
model_name: benchmark
description: |
  A config as people write them,
  thirty lines of it.
python_version: py311
use_control_plane: true
environment_variables:
  TOKENIZERS_PARALLELISM: "false"
  HF_HUB_ENABLE_HF_TRANSFER: "1"
requirements:
  - numpy==1.26.4
  - torch==2.3.0
  - transformers==4.41.0
system_packages:
  - ffmpeg
resources:
  cpu: "4"
  memory: 16Gi
  accelerator: A10G
  use_gpu: true
secrets:
  hf_access_token: null
runtime:
  predict_concurrency: 2
model_metadata:
  tags:
    - text-generation
  example_model_input:
    prompt: "What is a Truss?"
    max_new_tokens: 64
"""


MODEL = """\
class Model:
    def predict(self, request):
        return request
"""


class Server:
    """One server process and the documents it has open."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lsp_server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def send(self, method: str, params: Message, msg_id: int | None = None) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if msg_id is None else {**message, "id": msg_id}).encode()
        self._pipe(self.process.stdin).write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._pipe(self.process.stdin).flush()

    def receive(self) -> Message:
        stream = self._pipe(self.process.stdout)
        length = 0
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: Message = json.loads(stream.read(length))
        return message

    def initialize(self) -> None:
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
        self.receive()

    def diagnostics(self) -> list[Message]:
        while (message := self.receive()).get("method") != "textDocument/publishDiagnostics":
            pass
        found: list[Message] = message["params"]["diagnostics"]
        return found

    def end(self) -> None:
        self._pipe(self.process.stdin).close()
        self._pipe(self.process.stdout).close()
        self.process.wait()

    @staticmethod
    def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream


def main() -> None:
    assert CONFIG.count("\n") == LINES
    elapsed, busy = zip(*(_start() for _ in range(STARTS)), strict=True)
    rows = [
        Row("spawn -> initialize reply", elapsed, target=900),
        Row("its processor time, to the end of the process", busy),
        Row(f"didChange -> diagnostics, {LINES} lines", _typing(CONFIG), target=10),
        Row(f"didChange -> diagnostics, {LINES * 34} lines", _typing(_long(CONFIG))),
    ]
    publish("lsp", "Language server over stdio", rows)


def _start() -> tuple[float, float]:
    """Milliseconds until the reply, and milliseconds of processor time."""
    before = _children_seconds()
    started = time.perf_counter()
    server = Server()
    server.initialize()
    milliseconds = (time.perf_counter() - started) * 1000
    server.end()
    return milliseconds, (_children_seconds() - before) * 1000


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _typing(text: str) -> tuple[float, ...]:
    """Milliseconds per keystroke: a character more, then one less, in the word `python_version`."""
    with tempfile.TemporaryDirectory(prefix="bench-lsp-") as folder:
        truss = Path(folder)
        (truss / "model").mkdir()
        (truss / "model" / "model.py").write_text(MODEL)
        (truss / "config.yaml").write_text(text)
        server = Server()
        server.initialize()
        uri = (truss / "config.yaml").as_uri()
        opened = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        server.send("textDocument/didOpen", {"textDocument": opened})
        server.diagnostics()
        took = [_keystroke(server, uri, number) for number in range(KEYSTROKES + WARM_UP)]
        server.end()
    return tuple(took[WARM_UP:])


def _keystroke(server: Server, uri: str, number: int) -> float:
    adds = number % 2 == 0
    start = {"line": CONFIG[: CONFIG.index("python_version")].count("\n"), "character": 3}
    end = dict(start) if adds else {**start, "character": 4}
    change = {"range": {"start": start, "end": end}, "text": "x" if adds else ""}
    document = {"uri": uri, "version": number + 2}
    started = time.perf_counter()
    server.send("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
    found = server.diagnostics()
    milliseconds = (time.perf_counter() - started) * 1000
    assert bool(found) is adds, found
    return milliseconds


def _long(text: str) -> str:
    """The same config with a thousand environment variables."""
    many = "".join(f'  VARIABLE_{number}: "{number}"\n' for number in range(LINES * 33))
    return text.replace("environment_variables:\n", f"environment_variables:\n{many}")


if __name__ == "__main__":
    main()
