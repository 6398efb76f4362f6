"""Real inference servers for tests: Trusses written to disk, processes started and ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SERVER_DIR = Path(__file__).resolve().parents[2] / "control" / "inference"
BOOT = (
    f"import sys; sys.path.append({str(SERVER_DIR)!r}); "
    "from control_truss_inference.__main__ import main; main()"
)
DEADLINE = 60.0  # seconds: generous, nothing here is a measurement
PREDICT = "/v1/models/model:predict"


@dataclass(frozen=True)
class Truss:
    """A release on disk: the tree and the JSON dump of its config beside it."""

    root: Path
    config_file: Path


def write_truss(
    directory: Path, model: str | None, files: Mapping[str, str] | None = None, **config: Any
) -> Truss:
    root = directory / "tree"
    sources = {} if model is None else {"model/model.py": model}
    for path, text in {**sources, **(files or {})}.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")
    root.mkdir(exist_ok=True)
    config_file = directory / "config.json"
    config_file.write_text(json.dumps(config))
    return Truss(root, config_file)


def eventually(ask: Callable[[], Any]) -> Any:
    """The first true answer of `ask`, or a failure after the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Process:
    """A server process in a session of its own, with its output in a file."""

    def __init__(self, arguments: list[str], *, python: str, env: Mapping[str, str], fds: Any):
        self.output_file = tempfile.NamedTemporaryFile(prefix="inference-", suffix=".log")  # noqa: SIM115  # closed in `end`
        self.popen = subprocess.Popen(
            [python, "-c", BOOT, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self.output_file,
            stderr=subprocess.STDOUT,
            pass_fds=fds,
            start_new_session=True,
            env={**os.environ, **env},
        )

    @property
    def output(self) -> str:
        return Path(self.output_file.name).read_text(encoding="utf-8")

    def wait(self) -> int:
        return self.popen.wait(DEADLINE)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait(DEADLINE)
        self.output_file.close()


@dataclass
class Managed:
    """A server in managed mode, seen from where the control plane stands."""

    process: Process
    control: socket.socket
    socket_path: str
    seen: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lines = self.control.makefile("rb")
        transport = httpx.HTTPTransport(uds=self.socket_path)
        self.http = httpx.Client(transport=transport, base_url="http://model", timeout=DEADLINE)

    def send(self, op: str, **fields: Any) -> None:
        self.control.sendall(json.dumps({"op": op, **fields}).encode() + b"\n")

    def event(self, *names: str) -> dict[str, Any]:
        """The next event of one of these names; others are kept in `seen`."""
        while line := self._lines.readline():
            event: dict[str, Any] = json.loads(line)
            self.seen.append(event)
            if event["event"] in names:
                return event
        raise AssertionError(f"no {names}; seen {self.seen}; output:\n{self.process.output}")

    def load(self, truss: Truss, **fields: Any) -> None:
        self.send("load", release_dir=str(truss.root), config_file=str(truss.config_file), **fields)

    def predict(self, payload: Any, **options: Any) -> httpx.Response:
        return self.http.post(PREDICT, content=json.dumps(payload), **options)

    def end(self) -> None:
        self.http.close()
        self._lines.close()
        self.control.close()
        self.process.end()


@contextlib.contextmanager
def booted(python: str = sys.executable, **env: str) -> Iterator[Managed]:
    """A server in managed mode with nothing loaded."""
    ours, theirs = socket.socketpair()
    ours.settimeout(DEADLINE)
    with tempfile.TemporaryDirectory(prefix="ct-") as directory:
        path = str(Path(directory) / "s")
        arguments = ["--socket", path, "--control-fd", str(theirs.fileno())]
        process = Process(arguments, python=python, env=env, fds=[theirs.fileno()])
        theirs.close()
        managed = Managed(process, ours, path)
        try:
            managed.event("booted")
            yield managed
        finally:
            managed.end()


@contextlib.contextmanager
def serving(truss: Truss, python: str = sys.executable, **fields: Any) -> Iterator[Managed]:
    """A server in managed mode that has loaded `truss`."""
    with booted(python) as managed:
        managed.load(truss, **fields)
        managed.event("ready")
        yield managed


@contextlib.contextmanager
def plain(truss: Truss, *arguments: str, **env: str) -> Iterator[tuple[Process, str]]:
    """A server in plain mode: the process and its base URL; it may not listen yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = Process(
        [
            *("--plain", "--port", str(port), "--release-dir", str(truss.root)),
            *("--config-file", str(truss.config_file), *arguments),
        ],
        python=sys.executable,
        env=env,
        fds=[],
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.end()


def is_up(url: str, path: str = "/") -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url + path).status_code == 200
    return False
