"""The control plane's proxy beside what it stands in front of, and the existing implementation's.

Two backends: a stand-in that counts bytes and answers (so that the proxy is what is measured), and
the real inference server. Under load the proxy has a core of its own; stand-in and clients share
the other.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.existing import Existing
from benchmarks.http_load import (
    BODY,
    SENT,
    apart,
    in_turns,
    measure,
    together,
)
from benchmarks.report import Row, publish
from tests.control.running_plane import CONFIG, RunningPlane, model, until

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
THIS = (sys.executable, "-m", "benchmarks.bench_proxy")
RELAYS = (sys.executable, "-m", "benchmarks.relays")
PROXY = REPOSITORY / "tests" / "control" / "proxy_process.py"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
RECEIVED = ANSWER % (len(BODY), BODY)
CONNECTIONS, ROUNDS, SECONDS = 32, 7, 1.0
BLOCKS, EXCHANGES = 20, 300
PATCHES = 20
ECHO = """\
class Model:
    def predict(self, request):
        return request
"""


NOTE = """\
Through the proxy a request wakes a process four times instead of twice. Across the cores of a
virtual machine every wake-up of an idle core goes through the hypervisor, and what runs after it
finds cold caches: that is what the bare relay adds, and with asyncio's event loop the second one,
though neither looks at a byte. What the proxy adds to them is HTTP. Across cores the machine
decides whether 0.1 ms is kept, and here it mostly is not; on one core, which never sleeps, it
is."""


class StandIn(asyncio.Protocol):
    """Counts bytes instead of parsing: every request of this benchmark has the same size."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.received = transport, 0

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        # The proxy drops and adds no header here, so what arrives is what was sent.
        while self.received >= len(SENT):
            self.received -= len(SENT)
            self.transport.write(RECEIVED)  # type: ignore[attr-defined]  # a stream's transport


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        rows = stand_in_rows(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        rows += inference_rows(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        rows += plane_rows(RunningPlane(Path(folder), {"model/model.py": model("0")}))
    publish("control_plane", "Control plane (proxy, patches, memory)", rows, NOTE)


def stand_in_rows(folder: Path) -> list[Row]:
    path, blocking, looping = folder / "s", folder / "b", folder / "a"
    port_file = folder / "port"
    with contextlib.ExitStack() as processes:
        backend = processes.enter_context(child(*THIS, "stand-in", path))
        until(path.exists, "the stand-in")
        relays = [
            processes.enter_context(child(*RELAYS, "blocking", path, blocking)),
            processes.enter_context(child(*RELAYS, "asyncio", path, looping)),
        ]
        proxy = processes.enter_context(child(sys.executable, PROXY, path, port_file))
        until(lambda: blocking.exists() and looping.exists(), "the relays")
        until(lambda: port_file.exists() and port_file.read_text(), "the proxy")
        port = int(port_file.read_text())
        addresses = (str(path), str(blocking), str(looping), port)
        rows = latency_rows(addresses, "cores as the system likes", 0.1)
        with together(backend, *relays, proxy):
            rows += latency_rows(addresses, "all on one core", 0.1)
        with apart(proxy, backend):
            alone = measure(str(path), CONNECTIONS, ROUNDS, SECONDS)
            load = measure(port, CONNECTIONS, ROUNDS, SECONDS, proxy)
    many = f"1 KB JSON, {CONNECTIONS} connections, stand-in:"
    return [
        *rows,
        Row(f"{many} direct", tuple(alone.rates), "req/s"),
        Row(f"{many} through the proxy", tuple(load.rates), "req/s", 18000),
        Row(f"{many} per second of the proxy's core", tuple(load.per_cpu_second), "req/s", 18000),
        Row(f"{many} through the proxy, p99", tuple(load.p99), target=4),
    ]


def latency_rows(addresses: tuple[str | int, ...], where: str, bound: float) -> list[Row]:
    """One connection: what relays that only copy bytes add, and what the proxy adds."""
    direct, blocking, looping, through = in_turns(addresses, BLOCKS, EXCHANGES)
    one = f"1 KB JSON, 1 connection, {where}:"
    return [
        Row(f"{one} direct, p50", direct),
        Row(f"{one} added by a bare relay", difference(blocking, direct)),
        Row(f"{one} added by a bare relay on asyncio", difference(looping, direct)),
        Row(f"{one} added by the proxy", difference(through, direct), target=bound),
    ]


def difference(slower: tuple[float, ...], faster: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(one - other for one, other in zip(slower, faster, strict=True))


def inference_rows(folder: Path) -> list[Row]:
    what = f"1 KB JSON, {CONNECTIONS} connections, real model:"
    for name in ("ours", "existing"):
        (folder / name).mkdir()
    plane = RunningPlane(folder / "ours", {"model/model.py": ECHO}).start("--no-spare")
    try:
        plane.predict()
        (inference_socket,) = (plane.state / "sockets").readlink().glob("*.sock")
        direct = measure(str(inference_socket), CONNECTIONS, ROUNDS, SECONDS)
        ours = measure(plane.port, CONNECTIONS, ROUNDS, SECONDS)
    finally:
        plane.clean_up()
    existing = Existing.start(folder / "existing", ECHO)
    try:
        # Many times slower: a second holds too few answers to count.
        theirs = measure(existing.port, CONNECTIONS, ROUNDS, 3 * SECONDS)
    finally:
        existing.stop()
    return [
        Row(f"{what} inference server alone", tuple(direct.rates), "req/s"),
        Row(f"{what} through the control plane", tuple(ours.rates), "req/s"),
        Row(f"{what} existing implementation, whole", tuple(theirs.rates), "req/s"),
    ]


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


async def serve_stand_in(path: str) -> None:
    server = await asyncio.get_running_loop().create_unix_server(StandIn, path)
    await server.serve_forever()


@contextlib.contextmanager
def child(*command: object) -> Iterator[int]:
    process = subprocess.Popen([str(part) for part in command], cwd=REPOSITORY)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stand-in", path]:
            asyncio.run(serve_stand_in(path))
        case _:
            main()
