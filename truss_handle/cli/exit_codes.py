"""What the exit status of a command means; the table users read is in docs/cli.md."""

from __future__ import annotations

from truss_handle.exceptions import (
    InputInvalid,
    MachineProblem,
    NotControlTruss,
    NotRunning,
    PatchFailed,
    PatchRefused,
    RebuildNeeded,
)

OK = 0
FAILURE = 1
USAGE = 2
NOT_RUNNING = 3
REFUSED = 4
PATCH_FAILED = 5
ENVIRONMENT = 6
INTERRUPTED = 130  # 128 + SIGINT, as shells have it

_BY_TYPE: dict[type[Exception], int] = {
    InputInvalid: USAGE,
    NotRunning: NOT_RUNNING,
    NotControlTruss: REFUSED,
    RebuildNeeded: REFUSED,
    PatchRefused: REFUSED,
    PatchFailed: PATCH_FAILED,
    MachineProblem: ENVIRONMENT,
}


def code_of(error: Exception) -> int:
    """The exit status for an exception of ours."""
    for kind in type(error).__mro__:
        if kind in _BY_TYPE:
            return _BY_TYPE[kind]
    return FAILURE
