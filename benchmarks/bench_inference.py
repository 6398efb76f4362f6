"""What one inference server costs: its start, a load, an answer. Trivial models, no proxy."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Row, publish
from tests.inference.inference_process import PREDICT, Managed, booted, serving, write_truss

if TYPE_CHECKING:
    from tests.inference.inference_process import Truss

MODEL = "class Model:\n    {}def predict(self, inputs):\n        return inputs\n"
STARTS = 12
REQUESTS = 4_000
BODY = b'{"a": 1}'
REQUEST = (
    f"POST {PREDICT} HTTP/1.1\r\nHost: model\r\nContent-Type: application/json\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY


def main() -> None:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        for kind in ("", "async "):
            truss = write_truss(Path(directory), MODEL.format(kind))
            rows += [] if kind else _start_rows(truss)
            rows += [_answer_row(truss, kind, clients) for clients in (1, 8)]
    publish("inference", "Inference server (no proxy, trivial model)", rows)


def _start_rows(truss: Truss) -> list[Row]:
    boots, loads, ends = [], [], []
    for _ in range(STARTS):
        began = time.perf_counter()
        with booted() as server:
            boots.append(_since(began))
            began = time.perf_counter()
            server.load(truss)
            server.event("ready")
            loads.append(_since(began))
            began = time.perf_counter()
            server.send("drain", timeout=1)
            server.process.wait()
            ends.append(_since(began))
    return [
        Row("start -> booted", tuple(boots), target=350),
        Row("load -> ready", tuple(loads), target=30),
        Row("drain -> ended", tuple(ends)),
    ]


def _answer_row(truss: Truss, kind: str, clients: int) -> Row:
    durations: list[float] = []
    with serving(truss) as server:
        _ask(server, REQUESTS // 10, [])
        share = REQUESTS // clients
        threads = [
            threading.Thread(target=_ask, args=[server, share, durations]) for _ in range(clients)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(durations) * 1000 / _since(began)
    what = f"{kind or 'sync '}predict, {clients} connection(s), {rate:,.0f}/s"
    return Row(what, tuple(durations))


def _ask(server: Managed, times: int, durations: list[float]) -> None:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as connection:
        connection.connect(server.socket_path)
        for _ in range(times):
            began = time.perf_counter()
            connection.sendall(REQUEST)
            answer = connection.recv(65536)
            while not answer.endswith(BODY):
                answer += connection.recv(65536)
            durations.append(_since(began))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
