"""Language servers as processes, spoken to in raw bytes, so that no client's work is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.report import Row

Message = dict[str, Any]
CACHE = Path(__file__).resolve().parent.parent / ".cache" / "bench"
PEER = "yaml-language-server"
PEER_VERSION = "2.0.0"
PROCESSOR_CLOCK = 2  # of a process, as clock_getcpuclockid(3) numbers it on Linux


@dataclass(frozen=True)
class Command:
    """How a server is started, and the settings that it asks for."""

    name: str
    argv: tuple[str, ...]
    settings: Message


OURS = Command("ours", (sys.executable, "-m", "lsp_server"), {})


def peer(schema: Path) -> Command:
    """yaml-language-server from npm, with a schema for every config; installed once."""
    folder = CACHE / f"{PEER}-{PEER_VERSION}"
    program = folder / "node_modules" / PEER / "bin" / PEER
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder)]
        subprocess.run([*install, f"{PEER}@{PEER_VERSION}"], check=True)
    settings = {"yaml": {"schemas": {schema.as_uri(): "config.yaml"}, "validate": True}}
    return Command(PEER, ("node", str(program), "--stdio"), settings)


class LanguageServer:
    """One server process with one document at a time in mind."""

    def __init__(self, command: Command, folder: Path) -> None:
        self.folder = folder
        self._settings = command.settings
        self._process = subprocess.Popen(
            command.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._asked = 0
        self._version = 1
        self._answers: dict[int, Message] = {}

    def initialize(self) -> None:
        folder = {"uri": self.folder.as_uri(), "name": self.folder.name}
        capabilities = {"workspace": {"configuration": True, "workspaceFolders": True}}
        given = {"processId": None, "rootUri": folder["uri"], "capabilities": capabilities}
        self.request("initialize", {**given, "workspaceFolders": [folder]})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": self._settings})

    def open(self, path: Path, text: str) -> None:
        self._version = 1
        opened = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": opened})

    def change(self, path: Path, line: int, first: int, last: int, text: str) -> None:
        """Replaces characters of one line."""
        self._version += 1
        span = {
            "start": {"line": line, "character": first},
            "end": {"line": line, "character": last},
        }
        document = {"uri": path.as_uri(), "version": self._version}
        changes = [{"range": span, "text": text}]
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def at(self, path: Path, line: int, character: int) -> Message:
        """The parameters of a question about a position."""
        position = {"line": line, "character": character}
        return {"textDocument": {"uri": path.as_uri()}, "position": position}

    def notify(self, method: str, params: Message) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Message) -> Any:
        return self.answer(self.ask(method, params))

    def ask(self, method: str, params: Message) -> int:
        """Sends a request without waiting for its answer."""
        self._asked += 1
        self._send({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params})
        return self._asked

    def answered(self, number: int) -> bool:
        """Whether the answer to a request has been read, while waiting for something else."""
        return number in self._answers

    def answer(self, number: int) -> Any:
        """The result of a request that was sent; waits for it."""
        if not self.answered(number):
            self._until(lambda message: message.get("id") == number and "method" not in message)
        return self._answers.pop(number)["result"]

    def diagnostics(self, path: Path, right: Callable[[list[Message]], bool]) -> list[Message]:
        """Waits for a publication about a file that is as expected."""
        uri = path.as_uri()

        def published(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            params = message["params"]
            return bool(params["uri"] == uri and right(params["diagnostics"]))

        found: list[Message] = self._until(published)["params"]["diagnostics"]
        return found

    @property
    def processor_seconds(self) -> float:
        """Of all its threads, to the microsecond: /proc counts in hundredths of a second."""
        return time.clock_gettime((~self._process.pid << 3) | PROCESSOR_CLOCK)

    @property
    def memory_mb(self) -> float:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    def end(self) -> None:
        self._pipe(self._process.stdin).close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._pipe(self._process.stdout).close()

    def _until(self, right: Callable[[Message], bool]) -> Message:
        """Reads until the right message has come, and answers what the server asks meanwhile."""
        while True:
            message = self._receive()
            if "id" in message and "method" not in message:
                self._answers[message["id"]] = message
            if right(message):
                return message
            if "id" in message and "method" in message:
                self._send({"jsonrpc": "2.0", "id": message["id"], "result": self._answer(message)})

    def _answer(self, message: Message) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        items = message["params"]["items"]
        return [self._settings.get(item.get("section") or "", {}) for item in items]

    def _send(self, message: Message) -> None:
        body = json.dumps(message).encode()
        stream = self._pipe(self._process.stdin)
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _receive(self) -> Message:
        stream = self._pipe(self._process.stdout)
        length = 0
        while line := stream.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        if not length:
            raise RuntimeError("the language server has ended")
        message: Message = json.loads(stream.read(length))
        return message

    @staticmethod
    def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
        assert stream is not None
        return stream


def milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def row(
    what: str, command: Command, values: tuple[float, ...] | list[float], target: float | None
) -> Row:
    """A row about one of the servers, in milliseconds."""
    return Row(f"{what}: {command.name}", tuple(values), target=target)
