"""The control channel: JSON lines over the socket pair inherited from the control plane."""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import threading
import time
from typing import Any, Callable, Iterator, Mapping

from .exceptions import ControlChannelError

LINE_LIMIT = 1 << 20  # bytes; an operation is a few hundred
WAITING_LIMIT = 256  # events; a parent that reads nothing must neither stop us nor fill our memory


class ControlChannel:
    """Reads in a thread of its own, and writes in one what the socket does not take at once, so
    that neither end can hold up the other.

    A blocked event loop does not keep `on_end` from running when the parent is gone.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        self._socket.set_inheritable(False)  # the model's children must not keep it open
        self._waiting: queue.Queue[bytes] = queue.Queue(WAITING_LIMIT)
        self._turn = threading.Lock()
        _start("control-writer", self._write)

    def send(self, event: str, **fields: Any) -> None:
        """Sends one event, from any thread, without waiting; dropped when too many wait."""
        line = json.dumps({"event": event, **fields}, default=str).encode() + b"\n"
        with self._turn, contextlib.suppress(queue.Full):
            if not self._waiting.unfinished_tasks:
                line = self._unsent(line)  # waking a thread would take longer than this
            if line:
                self._waiting.put_nowait(line)

    def _unsent(self, line: bytes) -> bytes:
        """What is left of a line when the socket has taken what it can take now."""
        try:
            return line[self._socket.send(line, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            return line
        except OSError:  # the parent is gone: the reader ends the process
            return b""

    def flush(self, timeout: float) -> None:
        """Waits until all events are written, `timeout` seconds at most."""
        end = time.monotonic() + timeout
        while self._waiting.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.001)

    def listen(
        self,
        on_operation: Callable[[Mapping[str, Any]], None],
        on_error: Callable[[ControlChannelError], None],
        on_end: Callable[[], None],
    ) -> None:
        """Starts reading; the callbacks run in the reading thread."""

        def read() -> None:
            for line in self._lines():
                try:
                    on_operation(_parse(line))
                except ControlChannelError as exc:
                    on_error(exc)
            on_end()

        _start("control-reader", read)

    def _lines(self) -> Iterator[bytes]:
        """The lines until the end of the channel, which a reset is too."""
        with contextlib.suppress(OSError), self._socket.makefile("rb") as lines:
            yield from iter(lambda: lines.readline(LINE_LIMIT), b"")

    def _write(self) -> None:
        while True:
            line = self._waiting.get()
            try:
                self._socket.sendall(line)
            except OSError:  # the parent is gone: the reader ends the process
                return
            self._waiting.task_done()


def _start(name: str, target: Callable[[], None]) -> None:
    threading.Thread(target=target, name=name, daemon=True).start()


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        operation = json.loads(line)
    except ValueError as exc:
        raise ControlChannelError(f"A line on the control channel is not JSON: {exc}") from exc
    if not isinstance(operation, dict) or not isinstance(operation.get("op"), str):
        raise ControlChannelError("A line on the control channel names no operation.")
    return operation
