"""Errors that no code of the user raised, in the shape of those it did. Pure."""

from __future__ import annotations

import secrets
import signal
from typing import Any

_WHEN = {
    "boot": "while it started",
    "load": "while it loaded the model",
    "serve": "while it served",
}


def ended_error(phase: str, code: int) -> dict[str, Any]:
    """An inference process ended by itself. `code` as `subprocess` gives it."""
    message = f"The inference process {_how(code)} {_WHEN[phase]}."
    return model_error(phase, "ProcessEnded", f"{message} {_advice(phase, code)}")


def start_error(error: OSError) -> dict[str, Any]:
    """The system refused to start the interpreter."""
    message = f"The inference process could not be started: {error.strerror} ({error.filename})."
    return model_error("boot", type(error).__name__, message)


def timeout_error(phase: str, seconds: float) -> dict[str, Any]:
    """Something took longer than its limit."""
    what = {"boot": "The inference server did not start", "load": "load() did not return"}[phase]
    return model_error(
        phase,
        "TimeoutError",
        f"{what} within {seconds:g} s, so its process was ended. "
        "Look for an endless loop or a slow download, or raise --load-timeout.",
    )


def model_error(phase: str, kind: str, message: str) -> dict[str, Any]:
    """An error without a place in the user's code."""
    return {
        "id": secrets.token_hex(6),
        "phase": phase,
        "type": kind,
        "message": message,
        "traceback": "",
        "frames": [],
        "path": None,
        "line": None,
    }


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with status {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _advice(phase: str, code: int) -> str:
    if code == -signal.SIGKILL:
        return "If nobody did that on purpose, it probably ran out of memory."
    if phase == "boot":
        return "Its last lines are in the logs; a package it needs may be missing."
    return "Its last lines are in the logs."
