"""A plain server reports failures in its log only: read back as what a control plane would say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOG_LINE = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+: ")
_LOAD_FAILED = re.compile(r"ERROR \S+: Loading the model failed\.")
_FRAME = re.compile(r'  File "(?P<path>.+)", line (?P<line>\d+)(?:, in (?P<function>.+))?')


def load_failure(lines: Sequence[str]) -> dict[str, Any] | None:
    """The last failure to load in a log, as a ModelError; None where there is none."""
    return _failure_after(lines, _LOAD_FAILED, "load", "")


def predict_failure(lines: Sequence[str], error_id: str) -> dict[str, Any] | None:
    """The failure that an answer named by its id."""
    wanted = re.compile(rf"ERROR \S+: The model failed \(error {re.escape(error_id)}\)")
    return _failure_after(lines, wanted, "predict", error_id)


def _failure_after(
    lines: Sequence[str], heading: re.Pattern[str], phase: str, error_id: str
) -> dict[str, Any] | None:
    starts = [number for number, line in enumerate(lines) if heading.match(line)]
    if not starts:
        return None
    said = []
    for line in lines[starts[-1] + 1 :]:
        if _LOG_LINE.match(line):
            break
        said.append(line)
    return {"id": error_id, "phase": phase, **_parsed(said)}


def _parsed(said: Sequence[str]) -> dict[str, Any]:
    frames = [
        (i, match.groupdict()) for i, line in enumerate(said) if (match := _FRAME.match(line))
    ]
    if not frames:
        return {"type": "Error", "message": "\n".join(said), "traceback": "", "frames": []}
    last, place = frames[-1]
    # Below the frames and their source lines, which are indented, stands the exception itself.
    below = [i for i in range(last, len(said)) if said[i] and not said[i].startswith(" ")]
    kind, _, message = "\n".join(said[below[0] :] if below else ()).partition(": ")
    return {
        "type": kind.strip() or "Error",
        "message": message.strip(),
        "traceback": "\n".join(said),
        "frames": [{**frame, "line": int(frame["line"])} for _, frame in frames],
        "path": place["path"],
        "line": int(place["line"]),
    }
