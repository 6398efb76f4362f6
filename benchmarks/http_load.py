"""A load generator for one repeated HTTP exchange, over TCP (a port) or a Unix socket (a path)."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PREDICT = "/v1/models/model:predict"
BODY = b'{"text": "' + b"x" * 1000 + b'"}'
SENT = (
    b"POST %b HTTP/1.1\r\nhost: m\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
) % (PREDICT.encode(), len(BODY), BODY)
READ_BYTES = 65536


@dataclass
class Load:
    """What `connections` clients in a closed loop got: one number per round."""

    rates: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    # Answers per second of processor time of the process that was asked about.
    per_cpu_second: list[float] = field(default_factory=list)


class ClosedLoop(asyncio.BufferedProtocol):
    """Sends the next request when the answer, `size` bytes, is complete."""

    buffer = memoryview(bytearray(READ_BYTES))

    def __init__(self, size: int, milliseconds: list[float]) -> None:
        self._size = size
        self._milliseconds = milliseconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._missing -= nbytes
        if self._missing <= 0:
            self._milliseconds.append((time.perf_counter() - self._began) * 1000)
            self._send()

    def _send(self) -> None:
        self._missing, self._began = self._size, time.perf_counter()
        self._transport.write(SENT)  # type: ignore[attr-defined]  # a stream's transport


def measure(
    address: str | int, connections: int, rounds: int, seconds: float, pid: int | None = None
) -> Load:
    """Loads `address`; `pid` is the process whose processor time counts."""
    load = Load()
    size = answer_size(address)
    for _ in range(rounds):
        asyncio.run(_round(load, address, size, connections, seconds, pid))
    return load


def in_turns(
    addresses: Sequence[str | int], blocks: int, exchanges: int
) -> tuple[tuple[float, ...], ...]:
    """Milliseconds per exchange on one connection, for each address the medians of its blocks.

    The addresses take turns, so that all see the same noise.
    """
    rounds = [[_block(address, exchanges) for address in addresses] for _ in range(blocks)]
    return tuple(zip(*rounds, strict=True))


def answer_size(address: str | int) -> int:
    """The bytes of an answer, head included."""
    with _connected(address) as connection:
        connection.sendall(SENT)
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(READ_BYTES)
        head = data.partition(b"\r\n\r\n")[0].lower()
        assert head.startswith(b"http/1.1 200"), data
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        return len(head) + 4 + length


@contextlib.contextmanager
def apart(pid: int, *others: int) -> Iterator[None]:
    """Leaves the first core to `pid` while this process and `others` share the second."""
    with pinned({pid: 0} | dict.fromkeys((0, *others), 1)):
        yield


@contextlib.contextmanager
def together(*pids: int) -> Iterator[None]:
    """This process and `pids` share one core: what passes between them wakes no other."""
    with pinned(dict.fromkeys((0, *pids), 1)):
        yield


@contextlib.contextmanager
def pinned(core_of: dict[int, int]) -> Iterator[None]:
    """Binds processes (0: this one) to cores, where the machine has two and lets us."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        yield
        return
    before = {pid: os.sched_getaffinity(pid) for pid in core_of}
    for pid, core in core_of.items():
        os.sched_setaffinity(pid, {core})
    try:
        yield
    finally:
        for pid, cores in before.items():
            os.sched_setaffinity(pid, cores)


def _block(address: str | int, exchanges: int) -> float:
    size = answer_size(address)
    durations = []
    with _connected(address) as connection:
        for _ in range(exchanges):
            began, missing = time.perf_counter(), size
            connection.sendall(SENT)
            while missing > 0:
                missing -= len(connection.recv(READ_BYTES))
            durations.append((time.perf_counter() - began) * 1000)
    return statistics.median(durations)


def _connected(address: str | int) -> socket.socket:
    if isinstance(address, int):
        connection = socket.create_connection(("127.0.0.1", address))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    return connection


async def _round(
    load: Load, address: str | int, size: int, connections: int, seconds: float, pid: int | None
) -> None:
    loop = asyncio.get_running_loop()
    milliseconds: list[float] = []
    client = functools.partial(ClosedLoop, size, milliseconds)
    transports: list[asyncio.Transport] = []
    for _ in range(connections):
        if isinstance(address, int):
            transport, _ = await loop.create_connection(client, "127.0.0.1", address)
        else:
            transport, _ = await loop.create_unix_connection(client, address)
        transports.append(transport)
    milliseconds.clear()
    before, began = _processor_seconds(pid), time.perf_counter()
    await asyncio.sleep(seconds)
    spent, lasted = _processor_seconds(pid) - before, time.perf_counter() - began
    for transport in transports:
        transport.abort()
    load.rates.append(len(milliseconds) / lasted)
    if len(milliseconds) > 1:
        load.p99.append(statistics.quantiles(milliseconds, n=100)[98])
    if spent:
        load.per_cpu_second.append(len(milliseconds) / spent)


def _processor_seconds(pid: int | None) -> float:
    if pid is None:
        return 0.0
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
