"""The control plane alone: its proxy against a backend that costs almost nothing, and patches.

Three processes share two cores here (backend, proxy, this one), so compare the rows, not the hosts.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Row, publish, sample
from tests.control.running_plane import CONFIG, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = b'{"text": "' + b"x" * 1000 + b'"}'
REQUEST = b"POST /v1/models/model:predict HTTP/1.1\r\nhost: m\r\ncontent-length: %d\r\n\r\n%b"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
SENT, RECEIVED = REQUEST % (len(BODY), BODY), ANSWER % (len(BODY), BODY)
LATENCIES = 3000
ROUNDS, ROUND_SECONDS, CONNECTIONS = 5, 2.0, 32
PATCHES = 20


class Echo(asyncio.Protocol):
    """Counts bytes instead of parsing: every request of this benchmark has the same size."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.received = transport, 0

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        # The proxy drops and adds no header here, so what arrives is what was sent.
        while self.received >= len(SENT):
            self.received -= len(SENT)
            self.transport.write(RECEIVED)  # type: ignore[attr-defined]  # a stream's transport


class ClosedLoop(asyncio.Protocol):
    """Sends the next request when the answer is complete."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.received, self.answers = transport, 0, 0
        self.send()

    def send(self) -> None:
        self.transport.write(SENT)  # type: ignore[attr-defined]  # a stream's transport

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        if self.received >= len(RECEIVED):
            self.received, self.answers = 0, self.answers + 1
            self.send()


async def serve_backend(path: str) -> None:
    server = await asyncio.get_running_loop().create_unix_server(Echo, path)
    await server.serve_forever()


async def serve_proxy(path: str, port_file: str) -> None:
    from control.plane.proxy.backend import Backend
    from tests.control.proxy_stage import proxy_stage

    async with proxy_stage() as stage:
        stage.gate.open(Backend(path))
        await asyncio.to_thread(Path(port_file).write_text, str(stage.port))
        await asyncio.Event().wait()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, port_file = Path(folder, "s"), Path(folder, "port")
        with child("backend", path), child("proxy", path, port_file):
            until(path.exists, "the backend")
            until(lambda: port_file.exists() and port_file.read_text(), "the proxy")
            port = int(port_file.read_text())
            direct, proxied = latency(str(path)), latency(port)
            rows = [
                Row("1 KB JSON, 1 connection: backend alone", direct),
                Row("1 KB JSON, 1 connection: through the proxy", proxied),
                Row("1 KB JSON, 32 connections: backend alone", rates(str(path)), "req/s"),
                Row("1 KB JSON, 32 connections: proxy", rates(port), "req/s", 18000),
            ]
    with tempfile.TemporaryDirectory() as folder:
        rows += plane_rows(RunningPlane(Path(folder), {"model/model.py": model("0")}))
    publish("control_plane", "Control plane (proxy, patches, memory)", rows)


def plane_rows(plane: RunningPlane) -> list[Row]:
    plane.start()
    versions = iter(range(1, 1000))
    try:
        plane.predict()
        status = until(lambda: s if (s := plane.status())["spare_ready"] else None, "the spare")
        reload, fresh = [], []
        for _ in range(PATCHES):
            version = next(versions)
            reload.append(patch(plane, "model/model.py", model(str(version)), version))
            config = CONFIG + f"environment_variables: {{A: '{version}'}}\n"
            fresh.append(patch(plane, "config.yaml", config, version))
        memory = tuple(status["memory_mb"].values())
    finally:
        plane.clean_up()
    return [
        Row("POST of an edited predict -> first new answer", tuple(reload), target=200),
        Row("POST of an environment variable -> first answer", tuple(fresh), target=300),
        Row("idle memory of the control plane", memory[:1], "MB", 60),
    ]


def patch(plane: RunningPlane, name: str, content: str, expected: int) -> float:
    until(lambda: plane.status()["spare_ready"], "the spare")
    plane.write({name: content})
    body = plane.patch_body()
    began = time.perf_counter()
    response = plane.post("/control/patch", json=body)
    assert response.status_code == 200, response.text
    assert plane.predict() == expected
    return (time.perf_counter() - began) * 1000


def latency(address: str | int) -> tuple[float, ...]:
    """Milliseconds per exchange on one connection."""
    with connected(address) as connection:

        def exchange() -> None:
            connection.sendall(SENT)
            missing = len(RECEIVED)
            while missing > 0:
                missing -= len(connection.recv(65536))

        return sample(exchange, LATENCIES, warm_up=200)


def connected(address: str | int) -> socket.socket:
    if isinstance(address, int):
        connection = socket.create_connection(("127.0.0.1", address))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    return connection


def rates(address: str | int) -> tuple[float, ...]:
    """Answers per second over many connections, one number per round."""
    return tuple(asyncio.run(rate(address)) for _ in range(ROUNDS))


async def rate(address: str | int) -> float:
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(CONNECTIONS):
        if isinstance(address, int):
            clients.append(await loop.create_connection(ClosedLoop, "127.0.0.1", address))
        else:
            clients.append(await loop.create_unix_connection(ClosedLoop, address))
    await asyncio.sleep(ROUND_SECONDS)
    total = sum(protocol.answers for _, protocol in clients)
    for transport, _ in clients:
        transport.abort()
    return total / ROUND_SECONDS


@contextlib.contextmanager
def child(role: str, *arguments: object) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.bench_proxy", role, *map(str, arguments)]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["backend", path]:
            asyncio.run(serve_backend(path))
        case ["proxy", path, port_file]:
            sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/control"))
            asyncio.run(serve_proxy(path, port_file))
        case _:
            main()
