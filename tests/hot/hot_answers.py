"""Asking a running model over HTTP, and holding requests in flight across a change."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PREDICT = "/v1/models/model:predict"
GATE = "GATE"
DEADLINE_SECONDS = 60.0
LOST = 0  # the status of a request whose connection ended without an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body. Bodies of errors are left out: each server words them its own way."""

    status: int
    body: Any = None

    @property
    def failed(self) -> bool:
        return self.status == LOST or self.status >= 500


def ask(client: httpx.Client, step: Any) -> Answer:
    """Sends one request of a case."""
    method, path, body = _request(step)
    try:
        response = client.request(method, path, json=body)
    except httpx.TransportError:
        return Answer(LOST)
    if response.status_code != 200:
        return Answer(response.status_code)
    try:
        return Answer(200, response.json())
    except ValueError:
        return Answer(200, response.text)


def ask_all(client: httpx.Client, steps: Iterable[Any]) -> list[Answer]:
    """Sends the requests of a case one after the other."""
    return [ask(client, step) for step in steps]


def _request(step: Any) -> tuple[str, str, Any]:
    if isinstance(step, dict) and "post" in step:
        return "POST", step["post"], step.get("body", {})
    if isinstance(step, dict) and "get" in step:
        return "GET", step["get"], None
    return "POST", PREDICT, step


class NeverWaited(AssertionError):
    """A request that was to be in flight ended, or failed, before its gate."""


class InFlight:
    """Requests that are inside the model's code until `release`."""

    def __init__(self, client: httpx.Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._pool = ThreadPoolExecutor()
        self._gates: list[int] = []
        self._waiting: list[Future[Answer]] = []

    def begin(self, step: Any) -> None:
        """Sends the request and waits until the model reads its gate, a named pipe."""
        gate = self._folder / f"gate-{len(self._waiting)}"
        os.mkfifo(gate)
        request = self._pool.submit(ask, self._client, with_gate(step, str(gate)))
        self._waiting.append(request)
        end = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < end and not request.done():
            with contextlib.suppress(OSError):  # nobody reads it yet
                self._gates.append(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
                return
            time.sleep(0.002)
        raise NeverWaited(f"the request {step!r} never waited at its gate")

    def release(self) -> list[Answer]:
        """Opens the gates and gives the answers."""
        for gate in self._gates:
            os.close(gate)
        self._gates = []
        return [request.result(DEADLINE_SECONDS) for request in self._waiting]

    def end(self) -> None:
        """Leaves nothing open, whatever happened."""
        for gate in self._gates:
            os.close(gate)
        self._pool.shutdown(wait=False, cancel_futures=True)


@contextlib.contextmanager
def in_flight(client: httpx.Client, steps: Iterable[Any]) -> Iterator[InFlight]:
    """Begins the requests; inside the block they are in flight."""
    with tempfile.TemporaryDirectory(prefix="gates-") as folder:
        requests = InFlight(client, Path(folder))
        try:
            for step in steps:
                requests.begin(step)
            yield requests
        finally:
            requests.end()


def with_gate(step: Any, gate: str = os.devnull) -> Any:
    """The request with the path of its gate; by default one that is open."""
    if isinstance(step, dict):
        return {key: with_gate(value, gate) for key, value in step.items()}
    return gate if step == GATE else step
