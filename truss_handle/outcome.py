"""How a patch goes and what it comes to, as the control plane tells it line by line. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from truss_handle.exceptions import ServerUnavailable
from truss_handle.problems import exception_of
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from truss_handle.values import Progress

NDJSON = "application/x-ndjson"


class Outcome:
    """Takes the answer in any pieces; what is on the way goes to `progress`."""

    def __init__(self, progress: Progress) -> None:
        self.result: dict[str, Any] = {}
        self._progress = progress
        self._line = b""

    def hear(self, piece: bytes) -> None:
        """The next bytes. Raises what a patch raises."""
        *lines, self._line = (self._line + piece).split(b"\n")
        for line in lines:
            self._take(line)

    def required(self) -> dict[str, Any]:
        """The result. Raises ServerUnavailable where the answer ended before it."""
        self._take(self._line)
        if not self.result:
            raise ServerUnavailable("the control plane ended its answer before the result")
        return self.result

    def _take(self, line: bytes) -> None:
        event = _event(line)
        if event.get("event") == "progress":
            stage, message = event.get("stage", "patch"), event.get("message", "")
            self._progress(ProgressEvent(str(stage), str(message)))
        elif event.get("event") == "error":
            raise exception_of(int(event.get("status", 500)), event)
        elif event:
            self.result = event


def _event(line: bytes) -> dict[str, Any]:
    if not line.strip():
        return {}
    try:
        return dict(json.loads(line))
    except (TypeError, ValueError) as error:
        raise ServerUnavailable(
            f"the control plane told of a patch what is no JSON object: {line[:80]!r}"
        ) from error
