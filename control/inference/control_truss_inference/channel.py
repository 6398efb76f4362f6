"""The control channel: JSON lines over the socket pair inherited from the control plane."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any, Callable, Mapping

from .exceptions import ControlChannelError

LINE_LIMIT = 1 << 20  # bytes; an operation is a few hundred


class ControlChannel:
    """Reads operations in a thread of its own, so that a blocked event loop cannot miss the end.

    Sends block: the reader is the parent, and while that does not read, nobody asks us anything.
    """

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        self._socket.set_inheritable(False)  # the model's children must not keep it open
        self._lock = threading.Lock()

    def send(self, event: str, **fields: Any) -> None:
        """Sends one event. A parent that is gone is noticed by the reader, not here."""
        line = json.dumps({"event": event, **fields}, default=str).encode() + b"\n"
        with self._lock:
            try:
                self._socket.sendall(line)
            except OSError:
                return

    def listen(
        self,
        on_operation: Callable[[Mapping[str, Any]], None],
        on_error: Callable[[ControlChannelError], None],
        on_end: Callable[[], None],
    ) -> None:
        """Starts the reading thread; the callbacks run in it."""

        def read() -> None:
            with self._socket.makefile("rb") as lines:
                for line in iter(lambda: lines.readline(LINE_LIMIT), b""):
                    try:
                        on_operation(_parse(line))
                    except ControlChannelError as exc:
                        on_error(exc)
            on_end()

        threading.Thread(target=read, name="control-channel", daemon=True).start()


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        operation = json.loads(line)
    except ValueError as exc:
        raise ControlChannelError(f"A line on the control channel is not JSON: {exc}") from exc
    if not isinstance(operation, dict) or not isinstance(operation.get("op"), str):
        raise ControlChannelError("A line on the control channel names no operation.")
    return operation
